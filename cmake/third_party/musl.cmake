# SPDX-License-Identifier: BSD-2-Clause
#
# musl for the services: `musl` (static library) and its headers in ${WEIR_SYSROOT}/include.
#
# The source list is musl's own (src/*/*.c, an x86_64 file replacing its namesake) less what a
# service cannot have, so that using it fails at link time, and less the files that
# libvmm/musl/src replaces. libvmm/musl/include comes first on the include path, which routes every
# system call to libvmm and takes the thread pointer from the stack instead of FS.

set(replaced_dir ${CMAKE_SOURCE_DIR}/libvmm/musl)

# ---- headers --------------------------------------------------------------------------------

set(headers_stamp ${WEIR_SYSROOT}/musl-${MUSL_VERSION})
if(NOT EXISTS ${headers_stamp})
  file(REMOVE_RECURSE ${WEIR_SYSROOT})
  file(COPY ${MUSL_SOURCE_DIR}/include DESTINATION ${WEIR_SYSROOT} FILES_MATCHING PATTERN *.h)
  foreach(arch generic x86_64)
    file(COPY ${MUSL_SOURCE_DIR}/arch/${arch}/bits DESTINATION ${WEIR_SYSROOT}/include
      FILES_MATCHING PATTERN *.h)
  endforeach()
  execute_process(
    COMMAND sed -f tools/mkalltypes.sed arch/x86_64/bits/alltypes.h.in include/alltypes.h.in
    WORKING_DIRECTORY ${MUSL_SOURCE_DIR}
    OUTPUT_FILE ${WEIR_SYSROOT}/include/bits/alltypes.h COMMAND_ERROR_IS_FATAL ANY)
  # Every __NR_name is known as SYS_name too.
  file(READ ${MUSL_SOURCE_DIR}/arch/x86_64/bits/syscall.h.in numbers)
  string(REPLACE __NR_ SYS_ sys_numbers "${numbers}")
  file(WRITE ${WEIR_SYSROOT}/include/bits/syscall.h "${numbers}${sys_numbers}")
  file(WRITE ${CMAKE_BINARY_DIR}/third_party/musl-internal/version.h
    "#define VERSION \"${MUSL_VERSION}\"\n")
  file(TOUCH ${headers_stamp})
endif()

# ---- sources --------------------------------------------------------------------------------

# A service has no files, processes, networks, terminals, users, signals, character sets or, so far,
# threads besides those that libvmm starts. The names below are CMake regular expressions.
set(absent
  aio/ complex/ crypt/ dirent/ fcntl/ ipc/ ldso/ legacy/ "linux/([^g]|get[^r])" mq/ network/ passwd/
  process/
  sched/ search/ select/ stat/ temp/ termios/
  locale/cat locale/iconv
  misc/forkpty misc/getdomainname misc/initgroups misc/lockf misc/login_tty misc/mntent misc/nftw
  misc/openpty misc/pty misc/ptsname misc/realpath misc/setdomainname misc/syslog misc/wordexp
  signal/getitimer signal/kill signal/restore signal/setitimer signal/sigaction
  signal/sigaltstack signal/sighold signal/sigignore signal/siginterrupt signal/signal
  signal/sigpause signal/sigqueue signal/sigrelse signal/sigset\\. signal/sigsuspend
  signal/sigtimedwait signal/sigwait
  thread/__unmapself thread/clone thread/pthread_cancel thread/sem_open thread/synccall
  thread/syscall_cp
  time/timer_ time/utime)

# Files that compute with floating point or have variadic arguments which may be of that kind. All
# others are built without (cmake/WeirService.cmake says why).
set(float fenv/ math/ prng/ stdio/ internal/floatscan locale/strfmon locale/strtod_l multibyte/
  stdlib/ time/difftime)

# musl's own list of what must run before the stack protector is set up.
set(no_protector env/__init_tls env/__libc_start_main env/__stack_chk_fail
  thread/__set_thread_area string/memcpy string/memset)

# The list maps each name without its suffix ("string/memcpy") to one file: a later find replaces
# an earlier one.
file(GLOB generic ${MUSL_SOURCE_DIR}/src/*/*.c ${MUSL_SOURCE_DIR}/src/malloc/mallocng/*.c)
file(GLOB special ${MUSL_SOURCE_DIR}/src/*/x86_64/*.[csS])
file(GLOB_RECURSE replaced ${replaced_dir}/src/*.[cS])
string(REPLACE ";" "|" absent_pattern "^(${absent})")
string(REPLACE ";" "|" float_pattern "^(${float})")
set(names)
foreach(file ${generic} ${special} ${replaced})
  string(REGEX REPLACE "^(${MUSL_SOURCE_DIR}|${replaced_dir})/src/" "" name ${file})
  string(REGEX REPLACE "(/x86_64)?/([^/]*)\\.[csS]$" "/\\2" name ${name})
  if(NOT name MATCHES "${absent_pattern}" OR file IN_LIST replaced)
    list(APPEND names ${name})
    set(file_of_${name} ${file})
  endif()
endforeach()
list(REMOVE_DUPLICATES names)

set(sources)
foreach(name ${names})
  set(file ${file_of_${name}})
  set(options)
  if(NOT name MATCHES "${float_pattern}" AND file MATCHES "\\.c$")
    list(APPEND options -mgeneral-regs-only)
  endif()
  if(name IN_LIST no_protector)
    list(APPEND options -fno-stack-protector)
  endif()
  # memcpy, memset and their like must not become calls of themselves.
  if(name MATCHES "^string/mem")
    list(APPEND options -fno-tree-loop-distribute-patterns)
  endif()
  if(name MATCHES "^(string|malloc)/")
    list(APPEND options -O2)
  endif()
  if(file MATCHES "\\.[sS]$")
    set_source_files_properties(${file} PROPERTIES LANGUAGE ASM)
  endif()
  set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${options}")
  list(APPEND sources ${file})
endforeach()

add_library(musl STATIC ${sources})
target_link_libraries(musl PRIVATE weir_ring3)
# -w: upstream's warnings are upstream's. The other options are those that its configure picks.
target_compile_options(musl PRIVATE -w $<$<COMPILE_LANGUAGE:C>:-std=c99> -Os -g1 -ffreestanding
  -fexcess-precision=standard -frounding-math -fno-strict-aliasing -fomit-frame-pointer
  -Werror=implicit-function-declaration)
target_compile_definitions(musl PRIVATE _XOPEN_SOURCE=700)
target_include_directories(musl PRIVATE
  ${replaced_dir}/include ${MUSL_SOURCE_DIR}/arch/x86_64 ${MUSL_SOURCE_DIR}/arch/generic
  ${CMAKE_BINARY_DIR}/third_party/musl-internal
  ${MUSL_SOURCE_DIR}/src/include ${MUSL_SOURCE_DIR}/src/internal ${WEIR_SYSROOT}/include)
set_target_properties(musl PROPERTIES C_STANDARD 99 C_EXTENSIONS OFF EXPORT_COMPILE_COMMANDS OFF)
