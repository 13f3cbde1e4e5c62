# Engines with a prefix cache behind the gateway: affinity_test.cc.
target_link_libraries(integration_gateway PRIVATE trine_sim)
