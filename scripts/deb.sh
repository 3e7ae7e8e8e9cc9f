#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package of this machine's architecture: `make deb`. The same tree and binary give the same
# bytes. In the environment:
#   HEADWATER_BIN=FILE   pack that binary, instead of building one
#   DEB_OUT=FOLDER       where the package goes (target/deb)
#   DEB_VERSION=1.2.3    instead of the binary's own
#   DEB_COMPRESS=none    instead of xz: quick to make, large
#   SOURCE_DATE_EPOCH    the time that files have: the last commit's, if it is not set
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C TZ=UTC

target=${CARGO_TARGET_DIR:-$PWD/target}
out=${DEB_OUT:-$target/deb}
sources=packaging/deb
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root
docs=$root/usr/share/doc/headwater

fail() {
  echo "scripts/deb.sh: $*" >&2
  exit 1
}

# put MODE FILE TARGET
put() { install -D -m "$1" "$2" "$root/$3"; }

built() {
  if [ -n "${HEADWATER_BIN:-}" ]; then
    echo "$HEADWATER_BIN"
    return
  fi
  {
    scripts/install.sh build
    scripts/console.sh build
    cargo build --release --workspace --bins
  } >&2
  echo "$target/release/headwater"
}

# The architecture of an ELF file, by its header.
architecture() {
  case $(od -An -tx1 -j18 -N2 "$1" | tr -d ' \n') in
    3e00) echo amd64 ;;
    b700) echo arm64 ;;
    *) fail "$1 is no program for amd64 or arm64" ;;
  esac
}

# The packages whose libraries the binary loads, and the oldest glibc that has what it calls.
depends() {
  local needed library glibc
  needed=$(objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }')
  glibc=$(objdump -T "$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1 | cut -d_ -f2)
  for library in $needed; do
    case $library in
      libc.so.6 | libm.so.6 | libdl.so.2 | libpthread.so.0 | librt.so.1 | ld-linux-*) ;;
      libgcc_s.so.1) printf 'libgcc-s1, ' ;;
      *) fail "the binary loads $library, and this script knows no package that has it" ;;
    esac
  done
  printf 'libc6 (>= %s), init-system-helpers, passwd' "${glibc:?no symbols of glibc}"
}

program() {
  put 755 "$binary" usr/bin/headwater
  strip --strip-unneeded "$root/usr/bin/headwater"
  "$binary" docs man "$root/usr/share/man/man1"
  gzip -n9 "$root"/usr/share/man/man1/*.1
  local shell file
  for file in bash:bash-completion/completions/headwater zsh:zsh/vendor-completions/_headwater \
    fish:fish/vendor_completions.d/headwater.fish; do
    shell=${file%%:*}
    "$binary" completion "$shell" >"$stage/completion"
    put 644 "$stage/completion" "usr/share/${file#*:}"
  done
}

# Every setting as a comment, but for the folder and the doors, which a package has to say: devices and
# browsers come from elsewhere by TLS, what is not encrypted stays on this machine.
settings() {
  "$binary" config print-default | awk '
    /^# data = / { print substr($0, 3); next }
    /^\[/ { section = $0 }
    section == "[listen]" && /^(mqtts|https|http|postgres) = / { print; next }
    /^[a-z_]+ = / { print "#" $0; next }
    { print }'
}

service() {
  settings >"$stage/settings"
  put 644 "$stage/settings" etc/headwater/headwater.toml
  put 644 $sources/headwater.default etc/default/headwater
  put 644 $sources/headwater.service usr/lib/systemd/system/headwater.service
  put 644 $sources/headwater.sysusers usr/lib/sysusers.d/headwater.conf
}

papers() {
  scripts/sbom.py "$stage/sbom" >/dev/null
  put 644 "$stage/sbom/headwater.cdx.json" usr/share/doc/headwater/headwater.cdx.json
  put 644 "$stage/sbom/THIRD-PARTY.txt" usr/share/doc/headwater/THIRD-PARTY.txt
  put 644 $sources/copyright usr/share/doc/headwater/copyright
  put 644 crates/headwater/data/daiad/LICENCE usr/share/doc/headwater/CC-BY-SA-4.0.txt
  put 644 CHANGELOG.md usr/share/doc/headwater/changelog
  put 644 docs/install.md usr/share/doc/headwater/install.md
  put 644 docs/operations.md usr/share/doc/headwater/operations.md
  gzip -n9 "$docs"/{headwater.cdx.json,THIRD-PARTY.txt,CC-BY-SA-4.0.txt,changelog}
}

control() {
  install -d "$root/DEBIAN"
  install -m 755 $sources/{postinst,prerm,postrm} "$root/DEBIAN"
  printf '/etc/default/headwater\n/etc/headwater/headwater.toml\n' >"$root/DEBIAN/conffiles"
  (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: headwater
Version: $version
Architecture: $arch
Maintainer: Headwater maintainers <maintainers@headwater.example>
Installed-Size: $(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)
Depends: $depends
Recommends: ca-certificates
Section: net
Priority: optional
Homepage: https://github.com/headwater-iot/headwater
Description: self-hosted IoT platform in one binary
 Devices written for AWS IoT Core connect to it unchanged: MQTT over mutual TLS, certificates,
 policies and the registry by AWS's APIs. What they send is in SQL two seconds later, in open
 tables (Parquet, Iceberg) that any PostgreSQL client reads. There is a web console, and no
 second service to run.
CONTROL
}

binary=$(built)
[ -x "$binary" ] || fail "$binary is not there: say another as HEADWATER_BIN, or none to build one"
arch=$(architecture "$binary")
"$binary" --version >/dev/null || fail "$binary does not run here: pack it on a machine of its kind ($arch)"
version=${DEB_VERSION:-$("$binary" --version | cut -d' ' -f2 | tr - '~')}
depends=$(depends "$binary")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
package=$out/headwater_${version}_$arch.deb

program
service
papers
control
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$out"
rm -f "$out"/headwater_*_"$arch".deb
dpkg-deb --root-owner-group -Z"${DEB_COMPRESS:-xz}" --build "$root" "$package" >/dev/null
echo "$package"
