// What Loop hides: Asio. Included by .cc files of net only.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/loop.h"

namespace trine::net {

struct Loop::Impl {
  // UNSAFE_IO: no locks in the reactor, since one thread runs it; posting from other threads stays safe.
  boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  boost::asio::steady_timer tick{io};
  Mono tick_at = Mono::max();
};

}  // namespace trine::net
