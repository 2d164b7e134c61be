# SPDX-License-Identifier: BSD-2-Clause
#
# The parts of mbedTLS that Weir uses, which mbedtls/config.h chooses:
#
#   mbedtls_target      for services, without SSE registers
#   mbedtls_host        the same for tests on the build machine
#   mbedtls_host_aesni  with mbedTLS's own AES-NI code, to compare with

set(mbedtls_sources ${MBEDTLS_SOURCE_DIR}/library/aes.c ${MBEDTLS_SOURCE_DIR}/library/platform_util.c)

foreach(target mbedtls_target mbedtls_host mbedtls_host_aesni)
  add_library(${target} STATIC ${mbedtls_sources})
  target_include_directories(${target} SYSTEM PUBLIC ${MBEDTLS_SOURCE_DIR}/include)
  target_include_directories(${target} PRIVATE ${MBEDTLS_SOURCE_DIR}/library)
  target_compile_definitions(${target} PUBLIC
    "MBEDTLS_CONFIG_FILE=\"${CMAKE_CURRENT_SOURCE_DIR}/mbedtls/config.h\"")
  # -w: upstream's warnings are upstream's.
  target_compile_options(${target} PRIVATE -w -O2)
  set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endforeach()
target_sources(mbedtls_host_aesni PRIVATE ${MBEDTLS_SOURCE_DIR}/library/aesni.c)
target_compile_definitions(mbedtls_host_aesni PUBLIC MBEDTLS_AESNI_C MBEDTLS_HAVE_ASM)
target_link_libraries(mbedtls_target PRIVATE weir_service_code weir_general_regs)
