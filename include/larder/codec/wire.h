// SPDX-License-Identifier: Apache-2.0
#pragma once

// MessagePack, one form for each value: see docs/format/wire.md.

#include "larder/codec/wire_reader.h"
#include "larder/codec/wire_writer.h"
