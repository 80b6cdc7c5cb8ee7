// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "crash/kill_ledger.h"
#include "larder/core/random.h"
#include "support/subject.h"

namespace larder::test {

/// Creates the accounts that all lanes share.
void prepare(Subject& subject);

/// One write of `lane`, announced in the ledger before and acknowledged in it after: a key put or
/// erased, a batch of keys, or money moved between accounts.
void step(Subject& subject, Ledger& ledger, std::size_t lane, Random& random);

/// Compares everything in `subject` with what the ledger allows while nobody writes: each key holds
/// its last acknowledged write, or the one that was under way; batches are whole; no money is lost.
/// Then makes what was found the acknowledged state.
void verify(Subject& subject, Ledger& ledger);

}  // namespace larder::test
