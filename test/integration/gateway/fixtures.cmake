# Engines with a prefix cache behind the gateway: affinity_test.cc.
target_link_libraries(integration_gateway PRIVATE trine_sim)
# Its document stage runs the real worker: documents_test.cc.
add_dependencies(integration_gateway trine-docworker)
target_compile_definitions(integration_gateway PRIVATE
  TRINE_DOCWORKER="$<TARGET_FILE:trine-docworker>" TRINE_BUILD_DIR="${CMAKE_BINARY_DIR}")
