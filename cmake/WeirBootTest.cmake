# SPDX-License-Identifier: BSD-2-Clause
# weir_boot_test(NAME area.behaviour SCRIPT file.py [CASE name] TIMEOUT seconds
#                [FULL] [ALONE] [ENVIRONMENT VAR=VALUE...])
# A test that starts a machine: runs `SCRIPT CASE`, with test/harness on
# Python's path (a script may not be called like one of its modules). CASE is
# NAME's last part by default. FULL tests run only with `./weir test --full`;
# ALONE ones measure time, so nothing runs beside them.
function(weir_boot_test)
  weir_script_test(LABEL boot ${ARGN})
endfunction()

# The same for a script that starts none; LABEL is ctest's.
function(weir_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "FULL;ALONE" "LABEL;NAME;SCRIPT;CASE;TIMEOUT" "ENVIRONMENT")
  if(NOT arg_CASE)
    string(REGEX REPLACE "^.*\\." "" arg_CASE ${arg_NAME})
  endif()
  add_test(NAME ${arg_NAME}
    COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT} ${arg_CASE})
  set(labels ${arg_LABEL})
  if(arg_FULL)
    list(APPEND labels full)
  endif()
  set_tests_properties(${arg_NAME} PROPERTIES
    TIMEOUT ${arg_TIMEOUT}
    LABELS "${labels}"
    SKIP_RETURN_CODE 77
    RUN_SERIAL ${arg_ALONE}
    ENVIRONMENT "WEIR_BUILD=${CMAKE_BINARY_DIR};WEIR_NO_BUILD=1;WEIR_TEST_NAME=${arg_NAME};PYTHONPATH=${CMAKE_SOURCE_DIR}/test/harness:${CMAKE_SOURCE_DIR}/tools/launcher;${arg_ENVIRONMENT}")
endfunction()
