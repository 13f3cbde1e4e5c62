# cmake -DOUT=file.cc -DFILE=policy.yaml -P embed_policy.cmake
file(READ ${FILE} text)
file(WRITE ${OUT}.new "#include \"guard/embedded_policy.h\"\n\nnamespace trine::guard {\n\nconst std::string_view kEmbeddedPolicy = R\"yaml(${text})yaml\";\n\n}  // namespace trine::guard\n")
file(RENAME ${OUT}.new ${OUT})
