/** A button that says why it does nothing at the moment, to a pointer and to a keyboard alike. */
import { Button, type ButtonProps, Tooltip } from 'antd';
import './reasoned-button.css';

type Props = Omit<ButtonProps, 'disabled' | 'title' | 'onClick'> & {
  /** Why not; undefined: it works. */
  reason: string | undefined;
  onClick: () => void;
};

export function ReasonedButton({ reason, onClick, type, danger, ...rest }: Props) {
  const isAvailable = reason === undefined;
  return (
    <Tooltip title={reason} trigger={['hover', 'focus']}>
      {/* Not `disabled`: a button that nobody can reach cannot say why. */}
      <Button
        {...rest}
        type={isAvailable ? (type ?? 'default') : 'default'}
        danger={isAvailable && danger === true}
        aria-disabled={!isAvailable}
        className={isAvailable ? '' : 'is-unavailable'}
        onClick={() => isAvailable && onClick()}
      />
    </Tooltip>
  );
}
