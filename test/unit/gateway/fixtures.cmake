# A provider in the tests signs tokens.
find_package(OpenSSL REQUIRED)
target_link_libraries(unit_gateway PRIVATE OpenSSL::Crypto)
