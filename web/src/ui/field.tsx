/** A labelled line to write in, with what is wrong with it. */
import { useId } from 'preact/hooks';

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  /** Shown below and told to screen readers. */
  readonly wrong?: string | undefined;
  readonly hint?: string | undefined;
  readonly placeholder?: string;
  /** Characters. */
  readonly maxLength?: number;
  readonly autocomplete?: 'off' | 'nickname';
  /** A code, not prose: nothing corrects it. */
  readonly verbatim?: boolean;
  /** Of the input, for who wants to give it the focus. */
  readonly name?: string;
}

export function Field(props: FieldProps) {
  const { label, value, onText, wrong, hint, verbatim = false } = props;
  const id = useId();
  const note = wrong ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        value={value}
        name={props.name}
        placeholder={props.placeholder}
        maxLength={props.maxLength}
        autocomplete={props.autocomplete ?? 'off'}
        autocapitalize={verbatim ? 'off' : undefined}
        spellcheck={!verbatim}
        aria-invalid={wrong ? 'true' : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      {note && (
        <p id={`${id}-note`} class={wrong ? 'note note-bad' : 'note'} role={wrong ? 'alert' : undefined}>
          {note}
        </p>
      )}
    </div>
  );
}
