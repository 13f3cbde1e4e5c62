# The program itself, and NVIDIA's library as it plays for a program of its own.
add_library(played_nvml MODULE ${CMAKE_CURRENT_LIST_DIR}/played_nvml.cc)
target_link_libraries(played_nvml PRIVATE trine_options)
target_link_options(played_nvml PRIVATE LINKER:--as-needed)
set_target_properties(played_nvml PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
if(TARGET integration_meter_agent)
  find_package(OpenSSL REQUIRED)
  target_link_libraries(integration_meter_agent PRIVATE OpenSSL::Crypto)
  target_compile_definitions(integration_meter_agent PRIVATE
    TRINE_PROGRAM="$<TARGET_FILE:trine-meter>" PLAYED_NVML_LIBRARY="$<TARGET_FILE:played_nvml>")
  add_dependencies(integration_meter_agent trine-meter played_nvml)
endif()
