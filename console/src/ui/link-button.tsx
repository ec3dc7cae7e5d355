/** A link that looks like a button: it goes somewhere, so it can be opened in a new tab. */
import { createLink } from '@tanstack/react-router';
import type { ComponentPropsWithRef } from 'react';
import './link-button.css';

type Props = ComponentPropsWithRef<'a'> & { isPrimary?: boolean };

export const LinkButton = createLink(({ isPrimary = false, className = '', ...props }: Props) => (
  <a {...props} className={`${className} link-button ${isPrimary ? 'link-button-primary' : ''}`} />
));
