# cmake -DOUT=file.cc "-DFILES=a.yaml;b.yaml" -P embed.cmake
file(WRITE ${OUT}.new "#include \"catalog/embedded.h\"\n\nnamespace trine::catalog {\n\nconst EmbeddedFile kEmbedded[] = {\n")
foreach(path ${FILES})
  get_filename_component(name ${path} NAME)
  file(READ ${path} text)
  file(APPEND ${OUT}.new "    {\"${name}\", R\"yaml(${text})yaml\"},\n")
endforeach()
file(APPEND ${OUT}.new "};\nconst size_t kEmbeddedCount = sizeof(kEmbedded) / sizeof(kEmbedded[0]);\n\n}  // namespace trine::catalog\n")
file(RENAME ${OUT}.new ${OUT})
