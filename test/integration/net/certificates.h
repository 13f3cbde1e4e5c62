// Certificates made on the spot, as PEM files in a folder that goes with the test.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace trine::net {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* p) const {
    free(p);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Free<X509_free>>;

// A certificate authority and what it signs.
class Authority {
 public:
  explicit Authority(const std::string& name) : name_(name) {
    std::string folder = (std::filesystem::temp_directory_path() / "trine-certificates-XXXXXX").string();
    if (!mkdtemp(folder.data())) throw std::runtime_error("no temporary folder");
    folder_ = folder;
    key_ = EVP_EC_gen("P-256");
    cert_ = make(key_, name, "", 3600, nullptr);
    write_cert("ca.pem", cert_.get());
  }
  ~Authority() {
    EVP_PKEY_free(key_);
    std::filesystem::remove_all(folder_);
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  std::string ca_file() const { return (folder_ / "ca.pem").string(); }

  struct Files {
    std::string cert, key;
  };
  // `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". Ends `seconds` from now (it began an hour ago).
  Files issue(const std::string& file, const std::string& names, long seconds = 3600) {
    const KeyPtr key(EVP_EC_gen("P-256"));
    const CertPtr cert = make(key.get(), file, names, seconds, this);
    write_cert(file + ".pem", cert.get());
    const Files files{(folder_ / (file + ".pem")).string(), (folder_ / (file + ".key")).string()};
    FILE* out = std::fopen(files.key.c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    return files;
  }

 private:
  static CertPtr make(EVP_PKEY* key, const std::string& name, const std::string& names, long seconds,
                      const Authority* issuer) {
    CertPtr cert(X509_new());
    X509_set_version(cert.get(), 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), seconds);
    X509_set_pubkey(cert.get(), key);
    X509_NAME* subject = X509_get_subject_name(cert.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(cert.get(), issuer ? X509_get_subject_name(issuer->cert_.get()) : subject);
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer ? issuer->cert_.get() : cert.get(), cert.get(), nullptr, nullptr, 0);
    if (!issuer) extend(cert.get(), context, NID_basic_constraints, "critical,CA:TRUE");
    if (!names.empty()) extend(cert.get(), context, NID_subject_alt_name, names);
    X509_sign(cert.get(), issuer ? issuer->key_ : key, EVP_sha256());
    return cert;
  }
  static void extend(X509* cert, X509V3_CTX& context, int nid, const std::string& value) {
    X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (!e) throw std::runtime_error("bad extension " + value);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
  }
  void write_cert(const std::string& file, X509* cert) const {
    FILE* out = std::fopen((folder_ / file).c_str(), "w");
    PEM_write_X509(out, cert);
    std::fclose(out);
  }

  std::string name_;
  std::filesystem::path folder_;
  EVP_PKEY* key_ = nullptr;
  CertPtr cert_;
};

}  // namespace trine::net
