/**
 * Passwords that an attacker tries first.
 *
 * A list of whole passwords would be long and still miss `Football2024!`. People build such passwords
 * from few parts: a well-known word with some digits or marks around it, letters swapped for look-alikes,
 * a walk over the keyboard, one short piece repeated, a date. So a short list of words and those few
 * patterns stand for many thousands of passwords. There are no rules about kinds of characters.
 */

/** Words and names that stand at the top of every published list, whole or with something around them. */
const WORDS = new Set(
  `password passwort passw0rd passwd pass passphrase motdepasse contrasena senha parola mima secret secrets secure
  security admin administrator root toor user username guest test tester testing testtest demo default changeme
  changeit letmein welcome welcome login logon signin access master server system support manager service public
  private office computer internet network windows linux ubuntu debian oracle mysql postgres database cisco google
  android iphone samsung nokia microsoft apple yahoo gmail hotmail facebook twitter youtube tiktok wechat weixin alibaba
  taobao tencent baidu huawei xiaomi aliyun iloveyou iloveu ilovegod ilovehim iloveher loveyou loveme lovelove love
  lover lovers lovely mylove truelove woaini woaiwojia woaini1314 wodemima aini qwerty qwertz azerty qwert qwer qwertyuiop
  asdf asdfgh asdfghjkl zxcv zxcvb zxcvbn zxcvbnm qazwsx qazwsxedc wsxedc qweasd qweasdzxc asdasd asdqwe zaqwsx abc abcd
  abcde abcdef abcdefg abcdefgh aaa aaaa aabb aabbcc qqq qqqq xxx xxxx zzz zzzz monkey dragon tiger lion eagle falcon
  hunter hunting shadow phantom ghost mustang corvette ferrari porsche mercedes yamaha honda toyota harley jaguar bmw
  football soccer baseball basketball hockey tennis golf golfer rugby cricket racing boxing wrestling sports sport
  rangers yankees cowboys steelers dodgers lakers raiders chelsea arsenal liverpool barcelona realmadrid manchester
  juventus benfica everton superman batman spiderman ironman starwars startrek pokemon pikachu naruto minecraft
  fortnite roblox nintendo playstation xbox gamer matrix gandalf hobbit merlin wizard warrior knight samurai ninja
  pirate cowboy soldier marine army navy captain killer rebel rocket hacker trustno trustnoone princess prince queen
  king kingdom angel angels babygirl babyboy baby babydoll sweetheart sweety sweetie sweet cutie honey hottie sexy sexygirl
  beautiful pretty gorgeous flower flowers sunflower rose daisy lily orchid butterfly rainbow unicorn dolphin penguin
  turtle kitten kitty hellokitty puppy doggy doggie bulldog tigger snoopy garfield mickey minnie disney cinderella
  barbie chocolate cookie cookies banana orange cherry strawberry peaches apple apples pepper ginger cheese pizza coffee
  whiskey vodka sunshine moonlight starlight summer winter spring autumn january february march april august september
  october november december monday tuesday wednesday thursday friday saturday sunday morning evening holiday
  christmas birthday happy happyday happiness smile smiley lucky luckyone blessed blessing jesus jesuschrist christ
  heaven faith grace hope prayer church godisgood freedom peace forever together always friends friend bestfriend
  family mother father mommy daddy brother sister michael jordan jordan michelle jennifer jessica ashley amanda nicole
  daniel daniela andrew anthony joshua matthew christopher christian jonathan alexander alexandra alexander thomas robert
  richard charlie charles george william patrick maverick cameron justin brandon benjamin samantha victoria elizabeth
  stephanie melissa natalie vanessa veronica gabriel gabriela valentina isabella sebastian santiago fernando alejandro
  alejandra roberto ricardo eduardo antonio francisco carlos maria martin martina marina carolina cristina patricia
  monica andrea sandra barbara caroline catherine katherine margaret rebecca rachel madison hannah sophie sophia olivia
  emily emma chelsea heather crystal tiffany brittany courtney taylor bailey buster maggie molly rocky buddy
  max bella lucy oscar coco simba wang zhang chen yang zhao huang zhou liu xiao wei feng long metallica nirvana slipknot
  eminem beatles beethoven mozart guitar music musical piano dancer dance singer london paris berlin madrid moscow beijing
  shanghai shenzhen hangzhou guangzhou china zhongguo america american england canada canadian brazil brasil mexico
  argentina colombia india pakistan australia germany deutschland russia turkey istanbul japan california florida texas
  chicago boston newyork brooklyn blue bluesky black blackie white whitetiger green purple yellow silver golden gold
  diamond platinum crystal emerald fuckyou fuckme fuckoff fuck fucker bitch asshole bullshit pussy whatever nothing
  something anything everything nobody someone idontknow ihateyou dontknow whocares hello hellohello helloworld goodbye
  hola bonjour nihao nihao opensesame sesame abracadabra magic mystery genius student teacher school college university
  doctor nurse police fireman engineer developer device devices gateway sensor config configuration opencota cota iot
  mqtt alink firmware fleet operator editor viewer temp temporary temppass newpass newpassword mypass mypassword
  mysecret password password`.split(/\s+/),
);

/** Digits that mean something, and mixtures that the patterns below do not reach. */
const WHOLE = new Set(
  `147258369 741852963 159357159 123654789 987456321 789456123 456123789 963852741 159753456 147852369 123698745
  12341234 11223344 1122334455 12121212 10203040 12344321 123454321 11235813 31415926 3141592653 14159265 27182818
  5201314520 13145200 1314520520 52013145 20131415 66668888 88886666 88889999 16888888 168168168 18181818 12345687
  123456780 123456987 1234567899 12345678910 1234512345 0123456789 1020304050 101010101 147147147 159159159 258258258
  a1b2c3d4 a1b2c3d4e5 1a2b3c4d 1a2b3c4d5e 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 1qaz2wsx 1qazxsw2
  1qaz2wsx3edc zaq12wsx zaq1xsw2 zaq1zaq1 2wsx3edc xsw2zaq1 qwe123qwe qwe123asd 123qwe123 123qweasd 123qweasdzxc
  qwer1234 1234qwer asdf1234 1234asdf zxcv1234 abcd1234 1234abcd abc123abc abc12345 abc123456 123abc123 aaa12345
  aa123456 aa12345678 a1234567 a12345678 a123456789 q1234567 q12345678 q123456789 z1234567 z123456789 x12345678
  qq123456 qq123456789 qwerty123456 asd123456 asdasd123 zxc123456 wang123456 zhang123456 woaini520 woaini521
  woaini123456 iloveyou1314 ji32k7au4a83 trustno1 letmein123 welcome123 p@ssw0rd p@55w0rd pa55word pa$$word
  pa$$w0rd passw0rd1 admin123456 root123456 test123456 user123456 changeme123 correcthorsebatterystaple`.split(
    /\s+/,
  ),
);

/** Rows and columns of a keyboard, the alphabet and the digits; read from either end. */
const WALKS = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyzabcdefgh',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.',
  '!@#$%^&*()_+',
].flatMap((walk) => [walk, [...walk].reverse().join('')]);

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '0': 'o',
  '3': 'e',
  $: 's',
  '5': 's',
  '7': 't',
  '1': 'i',
  '!': 'i',
};

const AFFIX_CHARS_MAX = 4;
const REPEATED_CHARS_MAX = 4;

/** `extraWords` are treated like the well-known ones: the name of the person, for instance. */
export function isCommonPassword(password: string, extraWords: readonly string[] = []): boolean {
  const text = password.toLowerCase();
  const words = new Set(extraWords.map((word) => word.toLowerCase()).filter((word) => word.length > 0));
  return (
    WHOLE.has(text) ||
    WALKS.some((walk) => walk.includes(text)) ||
    isRepetition(text, words) ||
    isDate(text) ||
    isDecoratedWord(text, words)
  );
}

/** `aaaaaaaa`, `abcabcabc`, `passwordpassword`. */
function isRepetition(text: string, words: ReadonlySet<string>): boolean {
  const pieceLength = (text + text).indexOf(text, 1);
  if (pieceLength >= text.length) return false;
  return pieceLength <= REPEATED_CHARS_MAX || isDecoratedWord(text.slice(0, pieceLength), words);
}

/** `19900101`, `01011990`, `1990-01-01`. */
function isDate(text: string): boolean {
  const digits = text.replaceAll(/[-./]/g, '');
  return /^(19|20)\d{6}$/.test(digits) || /^[0-3]\d[01]\d(19|20)\d{2}$/.test(digits);
}

/** `password`, `P@ssw0rd!`, `123football2024`. */
function isDecoratedWord(text: string, words: ReadonlySet<string>): boolean {
  return [text, withoutAffixes(text)]
    .flatMap((stem) => [stem, readLookAlikes(stem)])
    .some((stem) => WORDS.has(stem) || words.has(stem));
}

function withoutAffixes(text: string): string {
  const head = new RegExp(`^[^\\p{L}]{1,${AFFIX_CHARS_MAX}}`, 'u');
  const tail = new RegExp(`[^\\p{L}]{1,${AFFIX_CHARS_MAX}}$`, 'u');
  return text.replace(head, '').replace(tail, '');
}

function readLookAlikes(text: string): string {
  return [...text].map((character) => LOOK_ALIKES[character] ?? character).join('');
}
