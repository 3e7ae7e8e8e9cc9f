// SPDX-License-Identifier: Apache-2.0
// CodeMirror in a shadow root.
import { autocompletion, closeBrackets, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** Columns by table. */
export type Words = Record<string, string[]>;

export interface Wishes {
  root: ShadowRoot;
  text: string;
  language: 'sql' | 'json';
  label: string;
  readonly: boolean;
  words: Words;
  changed(text: string): void;
  run(): void;
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.comment, color: 'var(--faint)', fontStyle: 'italic' },
]);

const look = EditorView.theme({
  '&': { fontSize: '13px', maxHeight: '26rem', color: 'var(--text)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { overflow: 'auto', fontFamily: 'var(--mono)', minHeight: '9rem' },
  '.cm-gutters': { background: 'var(--sunk)', color: 'var(--faint)', border: '0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--accent-soft)' },
  '.cm-tooltip': { background: 'var(--raised)', color: 'var(--text)', border: '1px solid var(--edge)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--accent)', color: 'var(--on-accent)' },
});

function language(wishes: Wishes, words: Words): Extension {
  return wishes.language === 'json' ? json() : sql({ dialect: PostgreSQL, schema: words, upperCaseKeywords: false });
}

export function code(wishes: Wishes): { set(text: string): void; words(words: Words): void; destroy(): void } {
  const speaks = new Compartment();
  const view = new EditorView({
    root: wishes.root,
    parent: wishes.root,
    state: EditorState.create({
      doc: wishes.text,
      extensions: [
        lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), autocompletion(),
        keymap.of([
          { key: 'Mod-Enter', run: () => (wishes.run(), true) },
          // Tab leaves the editor: whoever walks by keyboard must not be caught in it.
          ...completionKeymap, ...defaultKeymap, ...historyKeymap,
        ]),
        speaks.of(language(wishes, wishes.words)),
        syntaxHighlighting(colours), look,
        EditorState.readOnly.of(wishes.readonly),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': wishes.label, tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) wishes.changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    set(text) {
      const { doc } = view.state;
      if (doc.toString() !== text) view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
    },
    words(words) {
      view.dispatch({ effects: speaks.reconfigure(language(wishes, words)) });
    },
    destroy: () => view.destroy(),
  };
}

