# The pool's tests run the real worker.
add_dependencies(integration_documents trine-docworker)
target_compile_definitions(integration_documents PRIVATE
  TRINE_DOCWORKER="$<TARGET_FILE:trine-docworker>" TRINE_BUILD_DIR="${CMAKE_BINARY_DIR}")
