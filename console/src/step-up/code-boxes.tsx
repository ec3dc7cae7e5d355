/**
 * Six boxes for six digits. There is one real field above them, so that paste, the telephone's offer of the
 * code, and screen readers work as with any other field.
 */
import type { ComponentProps } from 'react';
import './code-boxes.css';

export const CODE_DIGITS = 6;

type Props = Omit<ComponentProps<'input'>, 'value' | 'onChange'> & {
  value: string;
  onChange: (code: string) => void;
};

export function CodeBoxes({ value, onChange, ...field }: Props) {
  const boxes = Array.from({ length: CODE_DIGITS }, (_, index) => value[index] ?? '');
  return (
    <div className="code-boxes">
      <input
        {...field}
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        autoCorrect="off"
        spellCheck={false}
        // Longer than the code: people copy blanks along.
        maxLength={4 * CODE_DIGITS}
        value={value}
        onChange={({ target }) => onChange(digitsOf(target.value))}
      />
      <div aria-hidden="true">
        {boxes.map((digit, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a box is its place.
          <span key={index} className={index === value.length ? 'is-next' : undefined}>
            {digit}
          </span>
        ))}
      </div>
    </div>
  );
}

function digitsOf(typed: string): string {
  return typed.replaceAll(/\D/g, '').slice(0, CODE_DIGITS);
}
