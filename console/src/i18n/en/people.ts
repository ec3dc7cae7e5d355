/** Sign-in, first password, own account. */
export const people = {
  signInTitle: 'Sign in',
  signInAbout: 'Remote configuration for your fleet',
  username: 'User name',
  password: 'Password',
  signIn: 'Sign in',
  firstTime: 'First start?',
  firstTimeText:
    'The one-time password of “admin” is in the server’s log, right after the first start. It works until you choose your own.',
  required: 'Needed',
  firstPasswordTitle: 'Choose your password',
  firstPasswordAbout: 'The password you signed in with works once. Choose your own to go on.',
  oneTimePassword: 'One-time password',
  newPassword: 'New password',
  repeatPassword: 'New password again',
  passwordRule: 'At least {{count}} characters. A few words that belong to you alone are good.',
  passwordsDiffer: 'The two are not the same',
  passwordTooShort: 'At least {{count}} characters',
  setPassword: 'Set password',
  passwordSet: 'Your password is set',
} as const;
