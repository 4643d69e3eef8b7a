/** A labelled list to choose one of, as the platform's own select in our clothes. */
import { ChevronDown } from 'lucide';
import { useId } from 'preact/hooks';
import { Icon } from './icon.tsx';

export interface Option {
  readonly value: string;
  readonly label: string;
}

export interface ChoiceProps {
  readonly label: string;
  readonly options: readonly Option[];
  readonly value: string;
  readonly onChoose: (value: string) => void;
  readonly disabled?: boolean;
}

export function Choice({ label, options, value, onChoose, disabled = false }: ChoiceProps) {
  const id = useId();
  // A device that is gone, or not known yet: then what the browser would take first stands there.
  const chosen = options.some((option) => option.value === value) ? value : options[0]?.value;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="choice">
        <select
          id={id}
          value={chosen}
          disabled={disabled}
          onChange={(event) => onChoose(event.currentTarget.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} selected={option.value === chosen}>
              {option.label}
            </option>
          ))}
        </select>
        <Icon of={ChevronDown} size={18} />
      </div>
    </div>
  );
}
