# SPDX-License-Identifier: BSD-2-Clause
#
# Lua twice: `lua_target` for services and `lua_host` for tools and tests on the build machine.
# Neither has the io, os, debug and package libraries, nor linit.c that would open them: whoever
# embeds Lua opens the libraries it wants by name (luaopen_base and so on).

set(lua_absent lua luac linit ldblib liolib loadlib loslib)
file(GLOB lua_sources ${LUA_SOURCE_DIR}/src/*.c)
foreach(name ${lua_absent})
  list(REMOVE_ITEM lua_sources ${LUA_SOURCE_DIR}/src/${name}.c)
endforeach()

foreach(target lua_host lua_target)
  add_library(${target} STATIC ${lua_sources})
  target_include_directories(${target} SYSTEM PUBLIC ${LUA_SOURCE_DIR}/src)
  # -w: upstream's warnings are upstream's.
  target_compile_options(${target} PRIVATE -w -O2)
  # Without these the seed of hashes comes from addresses and the time, and table.sort()'s pivots
  # from the clock: the same policy has to give the same tables in every run.
  target_compile_options(${target} PRIVATE
    "-Dluai_makeseed(L)=0x57656972u" "-Dl_randomizePivot()=0u")
  set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endforeach()
target_link_libraries(lua_host PUBLIC m)
target_link_libraries(lua_target PRIVATE weir_service_code)
