// SPDX-License-Identifier: Apache-2.0
#include "larder/engine/file_system.h"

namespace larder {
namespace {

struct Known {
  std::int64_t type;
  FileSystem is;
};

using Kind = FileSystemKind;

// statfs(2). Those over a network: mappings and locks do not reach all machines there.
constexpr Known known[] = {
    {0xEF53, {"ext4"}},
    {0x58465342, {"xfs"}},
    {0x9123683E, {"btrfs"}},
    {0x2FC12FC1, {"zfs"}},
    {0xF2F52010, {"f2fs"}},
    {0x794C7630, {"overlay"}},
    {0x01021994, {"tmpfs", Kind::memory}},
    {0x858458F6, {"ramfs", Kind::memory}},
    {0x65735546, {"fuse", Kind::mixed}},
    {0x6969, {"nfs", Kind::network}},
    {0x517B, {"smb", Kind::network}},
    {0xFE534D42, {"smb2", Kind::network}},
    {0xFF534D42, {"cifs", Kind::network}},
    {0x01021997, {"9p", Kind::network}},
    {0x00C36400, {"ceph", Kind::network}},
    {0x5346414F, {"afs", Kind::network}},
    {0x6B414653, {"kafs", Kind::network}},
    {0x0BD00BD0, {"lustre", Kind::network}},
    {0x47504653, {"gpfs", Kind::network}},
    {0x19830326, {"beegfs", Kind::network}},
    {0x20030528, {"orangefs", Kind::network}},
    {0x7461636F, {"ocfs2", Kind::network}},
    {0x01161970, {"gfs2", Kind::network}},
    {0x564C, {"ncp", Kind::network}},
    {0x73757245, {"coda", Kind::network}},
};

}  // namespace

FileSystem describe_file_system(std::int64_t type) noexcept {
  for (const Known& one : known) {
    if (one.type == type) return one.is;
  }
  return {};
}

}  // namespace larder
