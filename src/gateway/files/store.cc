#include "gateway/files/store.h"

#include "base/id.h"
#include "gateway/exchange.h"
#include "gateway/identify/principal.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

constexpr const char* kFile = "file";
constexpr const char* kAbout = "file.about";
constexpr size_t kMostListed = 100'000;
constexpr size_t kFileIdLength = 5 + 32;

struct KeptFile {
  FileAbout about;
  energy::Tenant tenant;
};

std::string about_json(const FileAbout& f, const energy::Tenant& t) {
  std::string out;
  json::Writer(out)
      .object()
      .key("name")
      .value(f.name)
      .key("purpose")
      .value(f.purpose)
      .key("bytes")
      .value(f.bytes)
      .key("org")
      .value(t.org)
      .key("team")
      .value(t.team)
      .key("project")
      .value(t.project)
      .key("key")
      .value(t.key)
      .end();
  return out;
}

Result<KeptFile> kept_of(const vault::Blob& blob) {
  KeptFile k;
  k.about.id = blob.about.id;
  k.about.created = blob.about.created;
  k.about.expires = blob.about.expires;
  bool good = true;
  const auto read = json::each_member(blob.bytes, [&](std::string_view key, json::Value v) {
    if (key == "bytes") {
      const auto n = v.as_int();
      good = good && n && *n >= 0;
      if (n) k.about.bytes = static_cast<uint64_t>(*n);
      return good;
    }
    std::string* const field = key == "name"      ? &k.about.name
                               : key == "purpose" ? &k.about.purpose
                               : key == "org"     ? &k.tenant.org
                               : key == "team"    ? &k.tenant.team
                               : key == "project" ? &k.tenant.project
                               : key == "key"     ? &k.tenant.key
                                                  : nullptr;
    auto text = v.as_string();
    good = good && field && text;
    if (good) *field = std::move(*text);
    return good;
  });
  if (!read || !good)
    return fail(Code::data_loss, "what the vault has of file {} is not what was put there", k.about.id);
  return k;
}

bool is_file_id(std::string_view id) {
  return id.size() == kFileIdLength && id.starts_with("file-") &&
         id.find_first_not_of("0123456789abcdef", 5) == std::string_view::npos;
}

tl::unexpected<Error> no_such_file(std::string_view id) {
  return fail(Code::not_found, "there is no file `{:.80}`: it was never here, is gone, or is another project's", id);
}

}  // namespace

std::string random_digits() {
  return fmt::format("{:016x}{:016x}", random_seed(), random_seed());
}

vault::Owner project_owner(const energy::Tenant& t) {
  const bool alone = t.team.empty() && t.project.empty();
  return {.org = t.org, .team = t.team, .project = t.project, .key = alone ? t.key : "", .user = {}};
}

vault::Owner owner_of(const energy::Tenant& t, std::string_view user) {
  return {.org = t.org, .team = t.team, .project = t.project, .key = t.key, .user = std::string(user)};
}

Result<FileAbout> FileStore::put(const energy::Tenant& tenant, const FilesConfig& limits, NewFile file, Wall now) {
  const auto have = vault_.list(kFile, project_owner(tenant), kMostListed);
  if (!have) return tl::unexpected(have.error());
  uint64_t count = 0, bytes = file.bytes.size();
  for (const vault::Entry& e : *have)
    if (e.expires > now) {
      ++count;
      bytes += e.bytes;
    }
  if (count >= static_cast<uint64_t>(limits.count))
    return fail(Code::resource_exhausted, "this project keeps {} files, as many as it may; delete some", count);
  if (bytes > static_cast<uint64_t>(limits.total))
    return fail(Code::resource_exhausted, "with this one the project's files are {} bytes, {} are allowed; delete some",
                bytes, limits.total);
  FileAbout about{.id = "file-" + random_digits(),
                  .name = std::move(file.name),
                  .purpose = std::move(file.purpose),
                  .bytes = file.bytes.size(),
                  .created = now,
                  .expires = now + (file.ttl > Nanos(0) ? std::min(file.ttl, limits.ttl) : limits.ttl)};
  const vault::Owner owner = owner_of(tenant, file.user);
  // The contents first: a file that is listed can be read.
  if (auto ok = vault_.put(kFile, about.id, owner, now, about.expires, file.bytes); !ok)
    return tl::unexpected(ok.error());
  if (auto ok = vault_.put(kAbout, about.id, owner, now, about.expires, about_json(about, tenant)); !ok) {
    (void)vault_.drop(kFile, about.id);
    return tl::unexpected(ok.error());
  }
  return about;
}

Result<std::optional<FileAbout>> FileStore::about(const energy::Tenant& tenant, const std::string& id, Wall now) {
  if (!is_file_id(id)) return std::optional<FileAbout>{};
  const auto blob = vault_.get(kAbout, id, now);
  if (!blob) return tl::unexpected(blob.error());
  if (!*blob) return std::optional<FileAbout>{};
  auto kept = kept_of(**blob);
  if (!kept) return tl::unexpected(kept.error());
  if (!same_project(kept->tenant, tenant)) return std::optional<FileAbout>{};
  return std::optional(std::move(kept->about));
}

Result<StoredFile> FileStore::read(const energy::Tenant& tenant, const std::string& id, Wall now) {
  auto found = about(tenant, id, now);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return no_such_file(id);
  auto blob = vault_.get(kFile, id, now);
  if (!blob) return tl::unexpected(blob.error());
  if (!*blob) return no_such_file(id);
  return StoredFile{std::move((*found)->name), std::move((*blob)->bytes)};
}

Result<bool> FileStore::drop(const energy::Tenant& tenant, const std::string& id, Wall now) {
  const auto found = about(tenant, id, now);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return false;
  if (auto ok = vault_.drop(kAbout, id); !ok) return ok;
  return vault_.drop(kFile, id);
}

Result<std::vector<FileAbout>> FileStore::list(const energy::Tenant& tenant, Wall now) {
  const auto entries = vault_.list(kAbout, project_owner(tenant), kMostListed);
  if (!entries) return tl::unexpected(entries.error());
  std::vector<FileAbout> out;
  for (const vault::Entry& e : *entries) {
    auto one = about(tenant, e.id, now);
    if (!one) return tl::unexpected(one.error());
    if (*one) out.push_back(std::move(**one));
  }
  return out;
}

net::Task<Result<StoredFile>> WorkerFiles::read(Exchange& x, std::string id) {
  const Wall now = x.context.clock().wall();
  auto work = [this, id = std::move(id), tenant = x.tenant, now] { return store_.read(tenant, id, now); };
  co_return co_await store_.run(x.context.loop, std::move(work));
}

}  // namespace trine::gateway
