# SPDX-License-Identifier: Apache-2.0
"""Starts the real binary in a temporary folder and talks to it with the other side's clients."""
