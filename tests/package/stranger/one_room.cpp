// SPDX-License-Identifier: Apache-2.0
#include <larder/key/key.h>

int main() { return larder::Key(1) < larder::Key(2) ? 0 : 1; }
