// SPDX-License-Identifier: Apache-2.0
// What a page says that could not be loaded.
import type { HandleClientError } from '@sveltejs/kit';
import { Failure, words } from '$lib/api/failure';

export const handleError: HandleClientError = ({ error, status }) => {
  if (status === 404) return { message: 'There is no such page.' };
  if (error instanceof Failure) return { message: words(error) };
  // A page's own script could not be fetched.
  if (error instanceof Error && /dynamically imported|preload|fetch|load failed/i.test(error.message)) {
    return { message: 'The server can’t be reached.', cure: 'It may be restarting, or the line is down.' };
  }
  console.error(error);
  return { message: 'Something went wrong on this page.', cure: 'Try again; if it stays, the browser’s console has the details.' };
};
