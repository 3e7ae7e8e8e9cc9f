# SPDX-License-Identifier: Apache-2.0
"""Parts of the bench of points, a file each."""
