# The truth that the split of energy is judged against.
file(GLOB split CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/split/*.cc)
target_sources(unit_energy PRIVATE ${split})
