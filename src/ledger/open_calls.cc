// What is open: found again at the start, stored when it lasts, told to whoever asks.
#include <algorithm>

#include "ledger/store.h"
#include "ledger/store_transaction.h"

namespace trine::ledger {

Result<void> Store::find_open() {
  open_.clear();
  if (auto loaded = load_open_rows(); !loaded) return loaded;
  for (auto& [id, track] : tracks_) {
    if (auto scanned = scan_folded(track); !scanned) return scanned;
  }
  // What closed it may have been in a segment that is gone.
  Result<void> looked;
  const auto missing = [&](Result<bool> exists) {
    if (!exists) looked = tl::unexpected(exists.error());
    return exists && !*exists;
  };
  open_.keep(
      [&](const RequestId& id, const OpenSet::Request& r) { return r.stored || missing(tables_->request_exists(id)); },
      [&](const CallId& id, const OpenSet::Call& c) { return c.stored || missing(tables_->call_exists(id)); });
  if (!looked) return looked;
  open_known_ = true;
  return {};
}

Result<void> Store::load_open_rows() {
  const auto now = options_.clock->mono();
  auto requests = db_.prepare("SELECT id FROM open_requests");
  if (!requests) return tl::unexpected(requests.error());
  auto row = requests->step();
  for (; row && *row; row = requests->step()) open_.stored_request(request_id(requests->bytes(0)), now);
  if (!row) return tl::unexpected(row.error());
  auto calls = db_.prepare("SELECT request, attempt, worker, segment, offset FROM open_calls");
  if (!calls) return tl::unexpected(calls.error());
  row = calls->step();
  for (; row && *row; row = calls->step()) {
    const CallId id{request_id(calls->bytes(0)), static_cast<uint16_t>(calls->integer(1))};
    const Place place{static_cast<uint32_t>(calls->integer(2)), static_cast<uint64_t>(calls->integer(3)),
                      static_cast<uint64_t>(calls->integer(4)), 0};
    open_.stored_call(id, place, now);
  }
  if (!row) return tl::unexpected(row.error());
  return {};
}

// The part of a segment that is in the database already: what it began, what it closed.
Result<void> Store::scan_folded(Track& track) {
  auto opened = SegmentReader::open(track.file.path);
  if (!opened && opened.error().code == Code::data_loss) return {};
  if (!opened) return tl::unexpected(opened.error());
  if (!*opened) return {};
  auto& reader = **opened;
  const auto& header = reader.header();
  const auto known = positions_.find({header.worker, header.incarnation});
  if (known == positions_.end()) return {};
  const auto now = options_.clock->mono();
  uint64_t offset = kHeaderBytes;
  for (uint64_t sequence = header.first_sequence; sequence <= known->second.sequence; ++sequence) {
    RecordView view;
    auto found = reader.read(offset, sequence, view);
    if (!found) return tl::unexpected(found.error());
    if (*found != Found::record) {
      const auto length = reader.claimed_length_at(offset);  // left out in folding too
      if (*found == Found::end || length == 0) break;
      offset += length;
      continue;
    }
    if (view.type == RecordType::call_intent) {
      if (const auto id = decode_intent_id(view.version, view.payload))
        open_.begin(*id, {header.worker, header.number, offset, sequence}, now);
    } else if (view.type == RecordType::call_facts) {
      CallRow call;
      if (decode(view.version, view.payload, call)) open_.close(call.id);
    } else if (view.type == RecordType::request_facts) {
      RequestRow request;
      if (decode(view.version, view.payload, request) && request.calls > 0) open_.close(request.id);
    }
    offset += view.length;
  }
  return {};
}

Result<CallIntent> Store::intent_at(const Place& place) {
  const auto track = tracks_.find({place.worker, place.segment});
  if (track == tracks_.end()) return fail(Code::data_loss, "the segment of an open call is missing");
  auto opened = SegmentReader::open(track->second.file.path);
  if (!opened) return tl::unexpected(opened.error());
  if (!*opened) return fail(Code::data_loss, "the segment of an open call is empty");
  RecordView view;
  auto found = (*opened)->read(place.offset, place.sequence, view);
  if (!found) return tl::unexpected(found.error());
  if (*found != Found::record || view.type != RecordType::call_intent)
    return fail(Code::data_loss, "the intent of an open call cannot be read");
  auto record = decode(view.type, view.version, view.payload);
  if (!record) return tl::unexpected(record.error());
  return std::get<CallIntent>(std::move(*record));
}

// Rows for what has been open for so long.
Result<void> Store::store_open(Nanos for_at_least) {
  const auto before = options_.clock->mono() - for_at_least;
  std::vector<std::pair<RequestId, OpenSet::Request*>> due;
  for (auto& [id, request] : open_.requests()) {
    if (request.since > before) continue;
    const bool rows = std::all_of(request.calls.begin(), request.calls.end(), [](const auto& c) { return c.stored; });
    if ((request.open && !request.stored) || !rows) due.emplace_back(id, &request);
  }
  if (due.empty()) return {};
  auto done = transaction([&]() -> Result<void> {
    for (auto& [id, request] : due) {
      if (request->open && !request->stored) {
        const auto intent = intent_at(request->place);
        if (!intent && intent.error().code != Code::data_loss) return tl::unexpected(intent.error());
        if (!intent) damage(intent.error().message);
        const auto added = intent ? tables_->add_open_request(*intent) : false;
        if (!added) return tl::unexpected(added.error());
        request->stored = *added;
        request->open = *added;  // else it was closed before this call began
      }
      for (auto& call : request->calls) {
        if (call.stored) continue;
        const auto intent = intent_at(call.place);
        if (!intent && intent.error().code != Code::data_loss) return tl::unexpected(intent.error());
        if (!intent) continue;  // said above, or by its first attempt; the call is dropped below
        if (auto added = tables_->add_open_call(*intent, call.place); !added) return added;
        call.stored = true;
      }
    }
    return {};
  });
  if (!done) {
    open_known_ = false;
    return done;
  }
  open_.keep([](const RequestId&, const OpenSet::Request&) { return true; },
             [&](const CallId& id, const OpenSet::Call& c) {
               return c.stored || open_.requests().at(id.request).since > before;
             });
  return {};
}

Result<std::optional<RequestView>> Store::request(const RequestId& id) {
  const std::lock_guard lock(work_);
  if (auto folded = fold_locked(false); !folded) return tl::unexpected(folded.error());
  auto view = Reports(options_.dir).request(id);
  if (!view || *view) return view;
  const auto it = open_.requests().find(id);
  if (it == open_.requests().end()) return view;
  auto intent = intent_at(it->second.place);
  if (!intent) return tl::unexpected(intent.error());
  auto calls = Reports(options_.dir).calls(id);
  if (!calls) return tl::unexpected(calls.error());
  RequestView open;
  open.open = true;
  open.calls = std::move(*calls);
  auto& f = open.facts;
  f.id = id;
  f.tenant = std::move(intent->tenant);
  f.user = std::move(intent->user);
  f.workload = std::move(intent->workload);
  f.route = std::move(intent->route);
  f.endpoint = std::move(intent->endpoint);
  f.start = intent->start;
  f.streamed = intent->streamed;
  return std::optional<RequestView>(std::move(open));
}

}  // namespace trine::ledger
