// SPDX-License-Identifier: Apache-2.0
#pragma once

// The codecs of the standard library's types and of plain aggregates. Each header also works alone,
// for who wants to pay for less.

#include "larder/codec/array.h"
#include "larder/codec/associative.h"
#include "larder/codec/memory.h"
#include "larder/codec/optional.h"
#include "larder/codec/path.h"
#include "larder/codec/reflect.h"
#include "larder/codec/scalar.h"
#include "larder/codec/sequence.h"
#include "larder/codec/text.h"
#include "larder/codec/time.h"
#include "larder/codec/tuple.h"
#include "larder/codec/unordered.h"
#include "larder/codec/variant.h"
