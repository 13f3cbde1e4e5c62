# cmake -DOUT=file.cc "-DFILES=a.yaml;b.yaml" -P embed_rules.cmake
file(WRITE ${OUT}.new "#include \"guard/embedded_rules.h\"\n\nnamespace trine::guard {\nnamespace {\n\nconstexpr EmbeddedRules kRules[] = {\n")
foreach(path ${FILES})
  get_filename_component(name ${path} NAME)
  file(READ ${path} text)
  file(APPEND ${OUT}.new "    {\"${name}\", R\"yaml(${text})yaml\"},\n")
endforeach()
file(APPEND ${OUT}.new "};\n\n}  // namespace\n\nstd::span<const EmbeddedRules> embedded_rules() { return kRules; }\n\n}  // namespace trine::guard\n")
file(RENAME ${OUT}.new ${OUT})
