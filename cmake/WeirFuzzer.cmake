# SPDX-License-Identifier: BSD-2-Clause
# weir_fuzzer(NAME SOURCES file... INCLUDES folder... [OPTIONS word...])
# A libFuzzer program NAME in the current build folder, under sanitizers. libFuzzer comes with clang only, so it is
# compiled by that, whatever the rest of the tree is built with; where there is no clang, FUZZ_CC is false and nothing
# is made. Relative names are the calling folder's.
find_program(FUZZ_CC NAMES clang clang-19 clang-16 clang-14)

function(weir_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;INCLUDES;OPTIONS")
  if(NOT FUZZ_CC)
    return()
  endif()
  set(program ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set(headers)
  foreach(folder ${arg_INCLUDES})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${folder}/*.h)
    list(APPEND headers ${found})
  endforeach()
  file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  list(TRANSFORM arg_INCLUDES PREPEND -I)
  add_custom_command(OUTPUT ${program}
    COMMAND ${FUZZ_CC} -std=gnu11 -Wall -Wextra -Werror -g -O1
      -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
      ${arg_OPTIONS} ${arg_INCLUDES} ${arg_SOURCES} -lm -o ${program}
    DEPENDS ${arg_SOURCES} ${headers} ${found}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    VERBATIM)
  add_custom_target(${name}_program ALL DEPENDS ${program})
endfunction()
