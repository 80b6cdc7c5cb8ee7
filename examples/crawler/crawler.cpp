// SPDX-License-Identifier: Apache-2.0

// A web crawler whose state is on disk, and whose workers are processes that may be killed at any
// moment; README.md tells how it works.
//
//   crawler STATE URL [WORKERS]   crawls all pages that URL leads to; goes on where it was stopped
//   crawler STATE                 lists what it found: visits, status, size and address

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include "crawl.h"
#include "html.h"
#include "progress.h"
#include "web.h"

namespace crawler {
namespace {

using namespace std::chrono_literals;

void work(const std::string& state) {
  Crawl crawl(state);
  Web web;
  while (auto url = crawl.next()) {
    const Answer answer = web.fetch(**url);
    std::set<std::string> links;
    for (const std::string_view link : links_in(answer.body)) {
      if (auto target = resolve(**url, link)) links.insert(*std::move(target));
    }
    crawl.keep(*url,
               {.status = static_cast<std::uint32_t>(answer.status),
                .bytes = answer.body.size(),
                .links = static_cast<std::uint32_t>(links.size()),
                .title = title_of(answer.body)},
               links);
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
    progress.show(crawl.pages().size(), crawl.known());
    std::this_thread::sleep_for(20ms);
  }
  return is_well;
}

void list(const Crawl& crawl) {
  for (const auto& [url, page] : crawl.pages().items(larder::KeyOrder::key)) {
    std::cout << page.visits << "\t" << page.status << "\t" << page.bytes << "\t" << url << "\n";
  }
}

int run(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--work") {
    work(argv[2]);
    return EXIT_SUCCESS;
  }
  if (argc < 2 || argc > 4) {
    std::cerr << "usage: crawler STATE [URL [WORKERS]]\n";
    return 2;
  }
  const std::string state = argv[1];
  Crawl crawl(state);
  if (argc == 2) {
    list(crawl);
    return EXIT_SUCCESS;
  }
  crawl.begin(argv[2]);
  if (!supervise(state, argc == 4 ? std::atoi(argv[3]) : 4, crawl)) return EXIT_FAILURE;
  std::cout << crawl.pages().size() << " pages, all that are known\n";
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
