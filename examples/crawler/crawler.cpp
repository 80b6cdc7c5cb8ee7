// SPDX-License-Identifier: Apache-2.0

// A web crawler whose state is on disk, and whose workers are processes that may be killed at any
// moment; README.md tells how it works.
//
//   crawler STATE URL [WORKERS]   crawls all pages that URL leads to; goes on where it was stopped
//   crawler STATE                 lists what it found: visits, status, size and address; and why,
//   of
//                                 what could not be fetched

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "crawl.h"
#include "html.h"
#include "progress.h"
#include "web.h"

namespace crawler {
namespace {

using namespace std::chrono_literals;

void visit(Crawl& crawl, larder::Taken<std::string>& url, const Answer& answer) {
  std::set<std::string> links;
  for (const std::string_view link : links_in(answer.body)) {
    if (auto target = resolve(*url, link)) links.insert(*std::move(target));
  }
  crawl.keep(url,
             {.status = static_cast<std::uint32_t>(answer.status),
              .bytes = answer.body.size(),
              .links = static_cast<std::uint32_t>(links.size()),
              .title = title_of(answer.body)},
             links);
}

void work(const std::string& state) {
  Crawl crawl(state);
  Web web;
  while (auto url = crawl.next()) {
    try {
      visit(crawl, *url, web.fetch(**url));
    } catch (const NoAnswer& error) {
      crawl.fail(*url, error.what());
    }
  }
}

/// A worker is a process of its own, which ends with this one.
void start_worker(const std::string& state) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot start a worker");
  if (child > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::execl("/proc/self/exe", "crawler", "--work", state.c_str(), nullptr);
  ::_exit(EXIT_FAILURE);
}

/// Starts another one for each that is killed. Returns whether all came to their end.
bool supervise(const std::string& state, int workers, const Crawl& crawl) {
  Progress progress;
  bool is_well = true;
  for (int i = 0; i < workers; ++i) start_worker(state);
  while (workers > 0) {
    int status = 0;
    while (::waitpid(-1, &status, WNOHANG) > 0) {
      if (WIFSIGNALED(status)) {
        start_worker(state);
      } else {
        --workers;
        is_well = is_well && WEXITSTATUS(status) == EXIT_SUCCESS;
      }
    }
    progress.show(crawl.finished(), crawl.known());
    std::this_thread::sleep_for(20ms);
  }
  return is_well;
}

void list(const Crawl& crawl) {
  for (const auto& [url, page] : crawl.pages().items(larder::KeyOrder::key)) {
    std::cout << page.visits << "\t" << page.status << "\t" << page.bytes << "\t" << url << "\n";
  }
  for (const std::string& url : crawl.given_up()) {
    std::cout << "0\t0\t0\t" << url << "\t" << crawl.error_of(url) << "\n";
  }
}

/// Nothing unless `text` is a sensible number of workers.
std::optional<int> to_workers(std::string_view text) {
  constexpr int most = 256;
  int workers = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), workers);
  const bool is_good =
      error == std::errc() && end == text.data() + text.size() && workers >= 1 && workers <= most;
  return is_good ? std::optional(workers) : std::nullopt;
}

int crawl_all(const std::string& state, const std::string& url, int workers) {
  Crawl crawl(state);
  crawl.begin(url);
  if (!supervise(state, workers, crawl)) return EXIT_FAILURE;
  std::cout << crawl.pages().size() << " pages, ";
  if (const std::size_t missing = crawl.given_up().size(); missing > 0) {
    std::cout << missing << " could not be fetched\n";
  } else {
    std::cout << "all that are known\n";
  }
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--work") {
    work(argv[2]);
    return EXIT_SUCCESS;
  }
  const std::optional<int> workers = argc == 4 ? to_workers(argv[3]) : 4;
  if (argc < 2 || argc > 4 || !workers) {
    std::cerr << "usage: crawler STATE [URL [WORKERS]]\n";
    return 2;
  }
  if (argc > 2) return crawl_all(argv[1], argv[2], *workers);
  list(Crawl(argv[1]));
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace crawler

int main(int argc, char** argv) {
  try {
    return crawler::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "crawler: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
