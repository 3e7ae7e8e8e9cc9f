# SPDX-License-Identifier: Apache-2.0
# Sourced: prints each step as "[3/9] title", with the time since the start and the time it took.

step_number=0
step_total=0
step_started=$SECONDS

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# steps N: how many steps follow.
steps() { step_total=$1; }

# step TITLE COMMAND...: runs the command; a failure ends the script and says which step failed.
step() {
  local title=$1 began=$SECONDS code=0
  shift
  step_number=$((step_number + 1))
  printf '\n[%d/%d] %s  (%s since start)\n' "$step_number" "$step_total" "$title" \
    "$(clock $((SECONDS - step_started)))"
  # Not under `if` or `||`: there a function would no longer stop at its first error.
  set +e
  (set -e; "$@")
  code=$?
  set -e
  if [ "$code" -ne 0 ]; then
    printf '[%d/%d] FAILED: %s (exit code %d, after %s)\n' "$step_number" "$step_total" "$title" \
      "$code" "$(clock $((SECONDS - began)))" >&2
    exit "$code"
  fi
  printf '[%d/%d] done in %s\n' "$step_number" "$step_total" "$(clock $((SECONDS - began)))"
}

# Runs a cargo command. On a terminal cargo draws its own bar; elsewhere every 25th crate is a line.
cargo_shown() {
  if [ -t 2 ]; then
    cargo "$@"
    return
  fi
  local began=$SECONDS
  cargo "$@" 2>&1 | while IFS= read -r line; do
    case $line in
      *Compiling\ hw-* | *Compiling\ headwater\ * | *Checking\ hw-* | *Checking\ headwater\ *)
        printf '%s\n' "$line" ;;
      *\ Compiling\ * | *\ Checking\ *)
        crates=$((${crates:-0} + 1))
        [ $((crates % 25)) -ne 0 ] ||
          printf '  %s: %d crates, now%s\n' "$(clock $((SECONDS - began)))" "$crates" "${line#*ing}" ;;
      *\ Downloaded\ * | *\ Downloading\ *) ;;
      *) printf '%s\n' "$line" ;;
    esac
  done
}
