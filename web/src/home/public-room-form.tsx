/** What a public room is to be called and who may come in; the room itself is made when one joins it. */
import { useState } from 'preact/hooks';
import { useSession } from '../ui/context.ts';
import { Field } from '../ui/field.tsx';
import { Switch } from '../ui/switch.tsx';
import { words } from '../words/words.ts';

export function PublicRoomForm() {
  const session = useSession();
  const [title, setTitle] = useState('');
  const [passcode, setPasscode] = useState('');
  const [ask, setAsk] = useState(true);
  const w = words();
  const submit = (event: Event): void => {
    event.preventDefault();
    session.begin({
      visibility: 'public',
      entry: ask ? 'ask' : 'open',
      ...(title.trim() ? { title: title.trim() } : {}),
      ...(passcode ? { passcode } : {}),
    });
  };
  return (
    <form class="stack public-room-form" onSubmit={submit}>
      <Field
        label={w.roomTitle}
        value={title}
        placeholder={w.roomTitlePlaceholder}
        maxLength={80}
        onText={setTitle}
      />
      <Field label={w.passcodeOptional} value={passcode} maxLength={64} verbatim onText={setPasscode} />
      <Switch label={w.entryAsk} on={ask} onSwitch={setAsk} />
      <button type="submit" class="button button-primary">
        {w.continue}
      </button>
    </form>
  );
}
