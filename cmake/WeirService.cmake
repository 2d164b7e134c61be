# SPDX-License-Identifier: BSD-2-Clause
#
# How code for ring 3 is compiled and linked.
include_guard(GLOBAL)

set(WEIR_SYSROOT ${CMAKE_BINARY_DIR}/sysroot)
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
  OUTPUT_VARIABLE WEIR_GCC_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE)

# What every object of a service has in common, musl and Lua included. Where floating point is
# allowed at all, GCC shall not use SSE registers to copy structures or to vectorize as well. No
# thread-local variables and no FS: the stack protector's canary is a global, the thread pointer is
# found through the stack (libvmm/musl/include/pthread_arch.h), so the kernel has no FS base to
# switch.
add_library(weir_ring3 INTERFACE)
target_compile_options(weir_ring3 INTERFACE
  -march=x86-64 -fno-pie -fno-pic -mcmodel=small -nostdinc
  -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
  $<$<COMPILE_LANGUAGE:C>:-fno-tree-vectorize>
  $<$<COMPILE_LANGUAGE:C>:-mtune-ctrl=^sse_unaligned_load_optimal,^sse_unaligned_store_optimal>
  $<$<COMPILE_LANGUAGE:C>:-fstack-protector-strong>
  $<$<COMPILE_LANGUAGE:C>:-mstack-protector-guard=global>
  $<$<COMPILE_LANGUAGE:ASM>:-Wa,--noexecstack>)

# Code without floating point. The first use of an FPU, SSE or AVX register in a service costs a
# #NM and a switch of the whole extended state, so nothing on a request's path may touch one.
add_library(weir_general_regs INTERFACE)
target_compile_options(weir_general_regs INTERFACE $<$<COMPILE_LANGUAGE:C>:-mgeneral-regs-only>)

# For libvmm and the services themselves: hosted C with musl's headers. Asserts stay.
add_library(weir_service_code INTERFACE)
target_compile_options(weir_service_code INTERFACE
  -UNDEBUG -fno-omit-frame-pointer -ftrivial-auto-var-init=zero
  -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=
  "SHELL:-isystem ${WEIR_SYSROOT}/include" "SHELL:-isystem ${WEIR_GCC_INCLUDE}")
target_include_directories(weir_service_code INTERFACE
  ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/libvmm/include)
target_link_libraries(weir_service_code INTERFACE weir_ring3)

# weir_service(NAME SOURCES file... [LIBS library...] [STACK bytes] [FOLDER name] [FLOAT])
#
# Links the service NAME: ${CMAKE_BINARY_DIR}/symbols/NAME keeps its symbols, a stripped copy,
# ${CMAKE_BINARY_DIR}/boot/NAME, is what is booted (FOLDER: another folder than boot). STACK is a
# power of two of at least 16384 and by default 65536. FLOAT lets the service's own code use
# floating point.
function(weir_service name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FLOAT" "STACK;FOLDER" "SOURCES;LIBS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "weir_service(${name}): wrong arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_STACK)
    set(arg_STACK 65536)
  endif()
  set(script ${CMAKE_SOURCE_DIR}/libvmm/service.ld)
  if(NOT arg_FOLDER)
    set(arg_FOLDER boot)
  endif()
  set(boot ${CMAKE_BINARY_DIR}/${arg_FOLDER})

  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/symbols LINK_DEPENDS ${script})
  target_link_libraries(${name} PRIVATE weir_warnings weir_service_code ${arg_LIBS})
  if(NOT arg_FLOAT)
    target_link_libraries(${name} PRIVATE weir_general_regs)
  endif()
  # A group: libvmm starts the program and answers musl's system calls, musl serves both.
  target_link_libraries(${name} PRIVATE $<LINK_GROUP:RESCAN,vmm,musl> gcc)
  target_link_options(${name} PRIVATE
    -static -no-pie -nostdlib -T ${script} -Wl,--defsym=__vmm_stack_bytes=${arg_STACK}
    -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,norelro -Wl,--build-id=none
    -Wl,--orphan-handling=error -Wl,--fatal-warnings)
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory ${boot}
    COMMAND ${CMAKE_OBJCOPY} --strip-all $<TARGET_FILE:${name}> ${boot}/${name}
    VERBATIM)
endfunction()
