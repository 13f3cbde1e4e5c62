# The tests sign tokens as a provider does.
find_package(OpenSSL REQUIRED)
target_link_libraries(unit_protect PRIVATE OpenSSL::Crypto)
