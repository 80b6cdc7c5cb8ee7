// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "larder/core/function_ref.h"
#include "larder/key/key_reader.h"
#include "larder/key/key_writer.h"

namespace larder::detail {

/// What becomes of a floating-point number within `tuples` tuples.
using RealMap = FunctionRef<double(double value, std::size_t tuples)>;

/// Copies the next element of `in`, with all it holds, to `out`.
void copy_element(KeyReader& in, KeyWriter& out, RealMap map);

/// The same, with numbers as they are.
void copy_element(KeyReader& in, KeyWriter& out);

}  // namespace larder::detail
