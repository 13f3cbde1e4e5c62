#include "cli/options_load.h"

#include <CLI/CLI.hpp>

#include "cli/options_common.h"

namespace trine::cli {

void load_options(CLI::App* c, LoadOptions& o) {
  const auto share = number_in(0.0, 1.0);
  c->add_option("url", o.url, "of the server or its API: http://127.0.0.1:8080/v1")->type_name("URL")->required();
  c->add_option("--model", o.model, "what the requests name")->type_name("MODEL")->required();
  c->add_option("--key-file", o.key_file, "its first line is the key; never on the command line")->type_name("FILE");
  c->add_option("--ca", o.ca_file, "trust this CA too (PEM)")->type_name("FILE");
  auto* rate = c->add_option("--rate", o.rate, "arrivals, at random: 20/s, 300/m, 5/h")->type_name("RATE");
  auto* trace = c->add_option("--trace", o.trace, "arrivals and sizes of recorded traffic; with --rate: only its sizes")
                    ->type_name("FILE");
  c->add_option("--speed", o.speed, "seconds of the trace per second")
      ->type_name("X")
      ->check(number_in(1e-3, 1e6))
      ->needs(trace)
      ->excludes(rate);
  c->add_option("--for", o.duration, "send for so long; default: 60s, or to the trace's end")->type_name("TIME");
  c->add_option("--stream", o.stream, "the share of requests that are streamed")
      ->type_name("SHARE")
      ->check(share)
      ->capture_default_str();
  c->add_option("--prompt-tokens", o.in, "of each request; default: the trace's, or 256")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20).description(""));
  c->add_option("--max-tokens", o.out, "of each answer; default: the trace's, or 128")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20).description(""));
  c->add_flag("--ignore-eos", o.ignore_eos, "ask for exactly as many; engines know the field, vendors do not");
  auto* documents = c->add_option("--documents", o.documents, "send files of this folder along")->type_name("DIR");
  c->add_option("--document-share", o.document_share, "the share of requests that carry one")
      ->type_name("SHARE")
      ->check(share)
      ->capture_default_str()
      ->needs(documents);
  c->add_option("--concurrency-limit", o.most_open, "requests at a time; what is due beyond is not sent, and counted")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000).description(""))
      ->capture_default_str();
  c->add_option("--timeout", o.timeout, "of a request, from the instant it is due")
      ->type_name("TIME")
      ->capture_default_str();
  c->add_option("--seed", o.seed, "the same arrivals and texts again; default: others each time")->type_name("N");
  json_flag(c, o.json);
  c->parse_complete_callback([&o] {
    if (o.rate.empty() && o.trace.empty()) throw CLI::RequiredError("One of --rate RATE and --trace FILE");
  });
}

}  // namespace trine::cli
