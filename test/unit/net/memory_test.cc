#include "net/memory.h"

#include <gtest/gtest.h>

#include "net/reader.h"
#include "net_fixture.h"

namespace trine::net::memory_test {
namespace {

using std::string;
using std::string_view;

struct Outcome final : Stream::Done {
  void done(IoResult r) override {
    result = r;
    ++told;
    if (then) std::exchange(then, nullptr)();
  }
  std::function<void()> then;
  IoResult result;
  int told = 0;
};

std::optional<IoResult> write(Stream& s, string_view bytes, Stream::Done& done) {
  const std::array<string_view, 1> slices = {bytes};
  return s.write(slices, done);
}

struct MemoryStreams : testing::Test, VirtualNet {
  void open(MemoryFaults to_server = {}, MemoryFaults to_client = {}) {
    std::tie(client, server) = memory_pair(loop, to_server, to_client);
  }
  std::unique_ptr<Stream> client, server;
  std::array<char, 16> buffer{};
  Outcome read, wrote;
};

TEST_F(MemoryStreams, CarryBytesBothWays) {
  open();
  ASSERT_TRUE(write(*client, "ping", wrote)->ok());
  server->read(buffer, read);
  EXPECT_EQ(read.told, 0) << "never from inside";
  settle();
  EXPECT_EQ(read.told, 1);
  EXPECT_EQ(string_view(buffer.data(), read.result.n), "ping");
  ASSERT_TRUE(write(*server, "pong", wrote)->ok());
  EXPECT_TRUE(client->stale()) << "bytes that nobody asked for";
  const IoResult now = client->read_now(buffer);
  EXPECT_EQ(string_view(buffer.data(), now.n), "pong");
  EXPECT_FALSE(client->stale());
  EXPECT_EQ(client->read_now(buffer).n, 0u);
  EXPECT_TRUE(client->read_now(buffer).ok());
}

TEST_F(MemoryStreams, GatherTheSlicesOfAWrite) {
  open();
  const std::array<string_view, 3> slices = {"a", "", "bc"};
  ASSERT_TRUE(server->write(slices, wrote)->ok());
  client->read(buffer, read);
  settle();
  EXPECT_EQ(string_view(buffer.data(), read.result.n), "abc");
}

TEST_F(MemoryStreams, AWriterWaitsForRoom) {
  MemoryFaults small;
  small.capacity = 4;
  open(small);
  EXPECT_FALSE(write(*client, "abcdefghij", wrote)) << "does not fit";
  settle();
  EXPECT_EQ(wrote.told, 0);
  string got;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(wrote.told, i == 2 ? 1 : 0) << "done when the last byte has found its place";
    server->read(buffer, read);
    settle();
    got.append(buffer.data(), read.result.n);
  }
  EXPECT_EQ(got, "abcdefghij");
  EXPECT_TRUE(wrote.result.ok());
}

TEST_F(MemoryStreams, DelayWhatIsWritten) {
  MemoryFaults slow;
  slow.delay = 30ms;
  open(slow);
  write(*client, "a", wrote);
  server->read(buffer, read);
  advance(29ms);
  EXPECT_EQ(read.told, 0);
  client->close();
  advance(1ms);
  EXPECT_TRUE(read.result.ok()) << "bytes under way arrive before the end";
  server->read(buffer, read);
  settle();
  EXPECT_EQ(read.result.status, Status::eof);
}

TEST_F(MemoryStreams, DeliverInSmallPieces) {
  MemoryFaults dribble;
  dribble.deliver_at_most = 1;
  open(dribble);
  Peer peer(std::move(server));
  write(*client, "abc", wrote);
  server = nullptr;
  settle();
  EXPECT_EQ(peer.received, "abc");
}

TEST_F(MemoryStreams, FaultsHoldForReadsThatDoNotWaitToo) {
  MemoryFaults slow;
  slow.delay = 30ms;
  slow.deliver_at_most = 2;
  open(slow);
  write(*client, "abc", wrote);
  client->shutdown_write();
  EXPECT_TRUE(server->read_now(buffer).ok()) << "not the end: bytes are under way";
  advance(30ms);
  EXPECT_EQ(server->read_now(buffer).n, 2u);
  EXPECT_EQ(server->read_now(buffer).n, 1u);
  EXPECT_EQ(server->read_now(buffer).status, Status::eof);
  client->close();
  EXPECT_EQ(client->read_now(buffer).status, Status::cancelled);
}

TEST_F(MemoryStreams, BreakAfterSoManyBytes) {
  MemoryFaults broken;
  broken.break_after = 3;
  open(broken);
  write(*client, "abcdef", wrote);
  Peer peer(std::move(server));
  settle();
  EXPECT_EQ(peer.received, "abc");
  EXPECT_TRUE(peer.ended);
  EXPECT_EQ(write(*client, "g", wrote)->status, Status::error);
}

TEST_F(MemoryStreams, CancelEndsWhatIsPendingAndNothingElse) {
  MemoryFaults small;
  small.capacity = 1;
  open(small);
  Outcome reading;
  client->read(buffer, reading);
  EXPECT_FALSE(write(*client, "ab", wrote));
  client->cancel();
  settle();
  EXPECT_EQ(reading.result.status, Status::cancelled);
  EXPECT_EQ(wrote.result.status, Status::cancelled);
  write(*server, "x", wrote);
  client->read(buffer, reading);
  settle();
  EXPECT_TRUE(reading.result.ok());
  EXPECT_EQ(reading.told, 2);
}

TEST_F(MemoryStreams, ACancelThatComesTooLateDoesNotHitTheNextRead) {
  open();
  client->read(buffer, read);
  write(*server, "a", wrote);  // the read is done, and will be told
  client->cancel();
  read.then = [&] { client->read(buffer, read); };
  settle();
  EXPECT_EQ(read.told, 1);
  EXPECT_TRUE(read.result.ok());
  write(*server, "b", wrote);
  settle();
  EXPECT_EQ(read.told, 2);
  EXPECT_TRUE(read.result.ok());
}

TEST_F(MemoryStreams, TheEndOfOneDirectionLeavesTheOther) {
  open();
  client->shutdown_write();
  server->read(buffer, read);
  settle();
  EXPECT_EQ(read.result.status, Status::eof);
  EXPECT_TRUE(server->stale());
  write(*server, "still", wrote);
  client->read(buffer, read);
  settle();
  EXPECT_EQ(read.result.n, 5u);
}

TEST_F(MemoryStreams, CloseEndsBothSides) {
  MemoryFaults small;
  small.capacity = 1;
  open({}, small);
  Outcome ours;
  server->read(buffer, ours);
  EXPECT_FALSE(write(*server, "abc", wrote));
  client->close();
  settle();
  EXPECT_EQ(ours.result.status, Status::eof);
  EXPECT_EQ(wrote.result.status, Status::error) << "nobody will read it";
  server->close();
  server->read(buffer, ours);
  settle();
  EXPECT_EQ(ours.result.status, Status::cancelled);
  EXPECT_EQ(write(*server, "x", wrote)->status, Status::cancelled);
}

TEST_F(MemoryStreams, DestroyedTheyDropWhatIsPending) {
  open();
  server->read(buffer, read);
  write(*client, "a", wrote);  // the completion is posted already
  server.reset();
  settle();
  EXPECT_EQ(read.told, 0);
}

// --- Reader ---

struct Watch final : Reader::Watcher {
  void peer_gone() override { ++told; }
  int told = 0;
};

struct ReaderTest : testing::Test, VirtualNet {
  ReaderTest() {
    auto [a, b] = memory_pair(loop);
    ours = std::move(a);
    peer = std::make_unique<Peer>(std::move(b));
  }
  // Reads until `n` bytes are there or no more come.
  void read_until(Reader& r, size_t n) {
    const auto read = [](Reader& reader, size_t wanted, IoResult& outcome) -> Task<void> {
      while (reader.unread().size() < wanted) {
        outcome = co_await reader.more();
        if (!outcome.ok()) break;
      }
    };
    spawn(read(r, n, last));
    settle();
  }
  std::unique_ptr<Stream> ours;
  std::unique_ptr<Peer> peer;
  IoResult last;
};

TEST_F(ReaderTest, KeepsWhatIsNotConsumed) {
  Reader r(*ours, 4, 16);
  peer->send("abcdef");
  read_until(r, 6);
  EXPECT_EQ(r.unread(), "abcdef");
  r.consume(4);
  EXPECT_EQ(r.unread(), "ef");
  peer->send("gh");
  read_until(r, 4);
  EXPECT_EQ(r.unread(), "efgh");
}

TEST_F(ReaderTest, GrowsUpToItsLimitAndNoFurther) {
  Reader r(*ours, 2, 8);
  peer->send("abcdefghijkl");
  read_until(r, 8);
  EXPECT_EQ(r.unread(), "abcdefgh");
  EXPECT_TRUE(r.full());
  r.consume(3);
  EXPECT_FALSE(r.full());
  read_until(r, 8);
  EXPECT_EQ(r.unread(), "defghijk");
}

TEST_F(ReaderTest, TellsTheEnd) {
  Reader r(*ours, 4, 16);
  peer->send("ab");
  peer->half_close();
  read_until(r, 16);
  EXPECT_EQ(last.status, Status::eof);
  EXPECT_TRUE(r.ended());
  EXPECT_EQ(r.unread(), "ab");
  read_until(r, 16);
  EXPECT_EQ(last.status, Status::eof) << "and again, when asked again";
}

TEST_F(ReaderTest, ACancelledReadMayBeTriedAgain) {
  Reader r(*ours, 4, 16);
  read_until(r, 1);
  ours->cancel();
  settle();
  EXPECT_EQ(last.status, Status::cancelled);
  EXPECT_FALSE(r.ended());
  peer->send("a");
  read_until(r, 1);
  EXPECT_EQ(r.unread(), "a");
}

TEST_F(ReaderTest, WatchingItTellsAtOnceThatThePeerLeft) {
  Reader r(*ours, 4, 16);
  Watch watch;
  r.watch(watch);
  settle();
  EXPECT_EQ(watch.told, 0);
  peer->leave();
  settle();
  EXPECT_EQ(watch.told, 1);
  EXPECT_TRUE(r.ended());
  Watch late;
  r.watch(late);
  EXPECT_EQ(late.told, 1) << "who comes late is told too";
}

TEST_F(ReaderTest, BytesThatComeWhileWatchingAreKeptAndWatchingGoesOn) {
  Reader r(*ours, 4, 16);
  Watch watch;
  r.watch(watch);
  peer->send("ab");
  settle();
  EXPECT_EQ(r.unread(), "ab");
  peer->send("cdefgh");
  settle();
  EXPECT_EQ(r.unread(), "abcdefgh");
  peer->leave();
  settle();
  EXPECT_EQ(watch.told, 1);
  EXPECT_EQ(r.unread(), "abcdefgh");
}

TEST_F(ReaderTest, WatchingReadsNoMoreThanTheLimit) {
  Reader r(*ours, 4, 16);
  Watch watch;
  r.watch(watch);
  peer->send(string(1000, 'x'));
  settle();
  EXPECT_EQ(r.unread().size(), 16u);
  r.unwatch();
  r.consume(16);
  read_until(r, 16);
  EXPECT_EQ(r.unread().size(), 16u) << "the rest is still there";
}

TEST_F(ReaderTest, WatchedAgainItStillNotices) {  // a second request on a connection whose client sent it early
  Reader r(*ours, 4, 16);
  Watch first;
  r.watch(first);
  peer->send("ab");
  settle();
  r.unwatch();
  r.consume(2);
  Watch second;
  r.watch(second);
  peer->leave();
  settle();
  EXPECT_EQ(first.told, 0);
  EXPECT_EQ(second.told, 1);
}

TEST_F(ReaderTest, UnwatchedItIsSilent) {
  Reader r(*ours, 4, 16);
  Watch watch;
  r.watch(watch);
  r.unwatch();
  peer->leave();
  settle();
  EXPECT_EQ(watch.told, 0);
  read_until(r, 1);
  EXPECT_EQ(last.status, Status::eof);
}

TEST_F(ReaderTest, AReadThatTheWatchBeganServesTheNextWhoWaits) {
  Reader r(*ours, 4, 16);
  Watch watch;
  r.watch(watch);
  r.unwatch();
  read_until(r, 2);
  peer->send("ab");
  settle();
  EXPECT_EQ(r.unread(), "ab");
  EXPECT_TRUE(last.ok());
}

}  // namespace
}  // namespace trine::net::memory_test
