# Debian packages: ./dev package. trine-docworker is one of its own, because it links poppler: its terms are the GPL's,
# and who reads no documents needs neither it nor its libraries.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # of what is built, not all of it
install(TARGETS trine RUNTIME DESTINATION bin COMPONENT trine)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION share/doc/trine RENAME copyright COMPONENT trine)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples/ DESTINATION share/doc/trine/examples COMPONENT trine
  FILES_MATCHING PATTERN "*.yaml" PATTERN "demo" EXCLUDE PATTERN "documents" EXCLUDE)
install(TARGETS trine-docworker RUNTIME DESTINATION bin COMPONENT trine-docworker)
install(FILES ${CMAKE_SOURCE_DIR}/docworker/copyright DESTINATION share/doc/trine-docworker COMPONENT trine-docworker)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "The Trine contributors <trine@localhost>")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL trine trine-docworker)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_IGNORE_GROUPS ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_TRINE_PACKAGE_NAME trine)
set(CPACK_DEBIAN_TRINE_PACKAGE_SUGGESTS trine-docworker)
set(CPACK_DEBIAN_TRINE_DESCRIPTION "energy-aware AI gateway
 Routes requests to language models by cost, control and carbon, protects them,
 and accounts each in euros, joules and grams of CO2e.")
set(CPACK_DEBIAN_TRINE-DOCWORKER_PACKAGE_NAME trine-docworker)
set(CPACK_DEBIAN_TRINE-DOCWORKER_PACKAGE_DEPENDS tesseract-ocr-eng)
set(CPACK_DEBIAN_TRINE-DOCWORKER_PACKAGE_SUGGESTS "tesseract-ocr-deu, tesseract-ocr-fra, tesseract-ocr-ita, tesseract-ocr-spa, tesseract-ocr-nld")
set(CPACK_DEBIAN_TRINE-DOCWORKER_DESCRIPTION "document reader of the Trine gateway
 Reads PDF, office files, mails and scans for trine, each in a process that is
 locked up (seccomp, no network, no files).")
include(CPack)
