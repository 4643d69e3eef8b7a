/** Takes a pasted link or code to its room. */
import { ArrowRight } from 'lucide';
import { useState } from 'preact/hooks';
import { roomIdIn } from '../app/address.ts';
import { go } from '../app/route.ts';
import { Field } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';

export function LinkField() {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const w = words();
  const submit = (event: Event): void => {
    event.preventDefault();
    const id = roomIdIn(text);
    if (id) go({ kind: 'room', id });
    else setWrong(true);
  };
  return (
    <form class="with-action link-field" onSubmit={submit} noValidate>
      <Field
        label={w.haveLink}
        placeholder={w.linkPlaceholder}
        value={text}
        wrong={wrong ? w.linkNotUnderstood : undefined}
        verbatim
        onText={(next) => {
          setText(next);
          setWrong(false);
        }}
      />
      <button type="submit" class="button button-quiet button-icon" aria-label={w.join} title={w.join}>
        <Icon of={ArrowRight} />
      </button>
    </form>
  );
}
