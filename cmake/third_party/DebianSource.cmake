# SPDX-License-Identifier: BSD-2-Clause
#
# Upstream sources from Debian's source packages, fetched and unpacked when CMake configures, so
# that their file lists can be globbed and a failed download is the first thing that one sees.

# Tarballs are shared between build folders where WEIR_BUILD names one place for them.
if(DEFINED ENV{WEIR_BUILD})
  get_filename_component(default_downloads "$ENV{WEIR_BUILD}/downloads" ABSOLUTE)
else()
  set(default_downloads ${CMAKE_BINARY_DIR}/downloads)
endif()
set(WEIR_DOWNLOADS ${default_downloads} CACHE PATH "Where downloaded source tarballs are kept")

# weir_debian_source(PREFIX PACKAGE VERSION=SHA256...)
#
# Sets PREFIX_SOURCE_DIR and PREFIX_VERSION in the caller's scope. The first version is preferred;
# the others are for machines whose archive does not have it.
function(weir_debian_source prefix package)
  message(STATUS "Source of ${package}: looking in ${WEIR_DOWNLOADS}")
  execute_process(
    COMMAND ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/fetch-source.sh
      ${WEIR_DOWNLOADS} ${package} ${ARGN}
    OUTPUT_VARIABLE answer RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "The source of ${package} could not be had; the reason stands above.")
  endif()
  string(REGEX MATCH "^([^ ]+) (.+)$" answer "${answer}")
  set(version ${CMAKE_MATCH_1})
  set(tarball ${CMAKE_MATCH_2})

  set(unpacked ${CMAKE_BINARY_DIR}/third_party/${package}-${version})
  if(NOT EXISTS ${unpacked})
    # Unpacked beside and renamed, so that an interrupted run leaves no half of a tree behind.
    file(REMOVE_RECURSE ${unpacked}.new)
    file(ARCHIVE_EXTRACT INPUT ${tarball} DESTINATION ${unpacked}.new)
    file(GLOB top ${unpacked}.new/*)
    list(LENGTH top entries)
    if(NOT entries EQUAL 1)
      message(FATAL_ERROR "${tarball}: expected one folder, found ${entries} entries")
    endif()
    file(RENAME ${top} ${unpacked})
    file(REMOVE_RECURSE ${unpacked}.new)
  endif()
  message(STATUS "Source of ${package}: version ${version}")
  set(${prefix}_VERSION ${version} PARENT_SCOPE)
  set(${prefix}_SOURCE_DIR ${unpacked} PARENT_SCOPE)
endfunction()
