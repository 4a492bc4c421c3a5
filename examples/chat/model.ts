/**
 * A model that runs nowhere but here: it knows a few scripts by heart. The same question in the same place of a
 * conversation always gets the same answer, and nothing leaves the device.
 */

/** @param nth how many questions came before it: asked again, a question gets another answer */
export function replyTo(question: string, nth: number): string {
  const script = SCRIPTS.find(({ about }) => about.test(question))
  if (script !== undefined) return script.answers[nth % script.answers.length]!
  const opening = OPENINGS[nth % OPENINGS.length]!
  return `${opening}\n\n${reflect(question)}\n\n${CLOSING}`
}

/** What the model says in one breath: a word with the space after it. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+\s*/g) ?? []
}

/** How long the model thinks before a token, in ms: longer where a sentence or a paragraph has ended. */
export function pauseBefore(tokens: readonly string[], at: number): number {
  const previous = tokens[at - 1]
  if (previous === undefined) return 500
  if (previous.endsWith('\n')) return 260
  return /[.!?:]\s*$/.test(previous) ? 170 : 34 + ((previous.length * 7) % 5) * 7
}

/** What the page offers to begin with. */
export const SUGGESTIONS = [
  'Tell me a story',
  'How does an answer reach every tab?',
  'What happens if I stop you?',
  'Count to forty',
  'Write a haiku',
] as const

const SCRIPTS: readonly { readonly about: RegExp; readonly answers: readonly string[] }[] = [
  {
    about: /\b(story|tale|fairy)\b/i,
    answers: [
      'Once there was a lighthouse keeper who wrote down every ship that passed. He wrote in pencil, because the sea air made ink run, and he kept each page in a tin under the stairs.\n\nOne winter the lamp failed for three nights. The keeper stood on the gallery with a lantern and called out the names of the ships he knew, one after the other, so that they would hear a voice where they could not see a light.\n\nIn spring a captain came ashore to thank him. “We steered by your list,” she said. “We heard the name before ours, and knew that we were next.”\n\nHe kept that page out of the tin, and hung it by the lamp.',
      'Two clockmakers shared one workshop and one bench. They agreed on everything but the time: her clocks ran four minutes ahead of his.\n\nFor years the town lived in between. The baker opened by her clocks and closed by his, and everybody thought him generous.\n\nThen one day a child asked which of them was right. The clockmakers put their two best pieces side by side, and listened. By noon they had found the same wrong tooth in the same wheel, which each had copied from the other.\n\nThe town has been on time ever since, and the baker has been a little less loved.',
      'A letter was posted in a village that had lost its post office. Nobody had told the letter.\n\nIt lay in the box through a summer, and heard the bus come and go. In autumn a boy who collected leaves opened the box to see whether any had fallen in. He read the address, which was the house next to his own.\n\nHe carried it there in his bag of leaves, and for a long time afterwards the old woman next door believed that this was how letters came now.',
    ],
  },
  {
    about: /\b(haiku|poem|verse)\b/i,
    answers: [
      'Rain on the window.\nTwo tabs show the same slow word,\nletter by letter.',
      'The server is gone.\nStill the list grows in my hand:\nsnow without footprints.',
      'A cursor, waiting.\nSomewhere a worker wakes up\nand hands me the day.',
    ],
  },
  {
    about: /\b(stop|cancel|interrupt)\b/i,
    answers: [
      'Press Stop, and this tab calls `cancel()` on the call it has made. The action that writes this answer sees it at once: its `turn.signal` is aborted.\n\nIt could throw now, and everything it did would be undone. It does something kinder: it ends the stream where it stands, notes that the answer was stopped, and returns. So what you have read so far stays, in every tab and after a reload.\n\nTry it in the middle of this sentence, which goes on for no other reason than to give you the time: there is a button below, and a key named Escape, and neither minds being pressed in the middle of a word. Afterwards you can let me go on.',
    ],
  },
  {
    about: /\b(stream\w*|tabs?|live|chunks?|reach\w*)\b/i,
    answers: [
      'An answer like this one is a `stream` that lives inside a message. Three things happen to it:\n\n- Your question and an empty answer are added in one action. It ends at once, so every tab has the place where the words will go.\n- A second action writes the words. Each goes to all open tabs as soon as it is there, long before the action has ended.\n- When the action returns, the whole answer is committed: stored on this device, and sent to your others.\n\nOpen this page in a second tab while I am talking. It begins with what has been said so far, and goes on from there, without a gap and without a word said twice.',
    ],
  },
  {
    about: /\b(offline|sync|server|devices?)\b/i,
    answers: [
      'I live in a worker of your own browser, so I answer just as well without a network.\n\nIf a sync server is there, each finished answer goes to your other devices as well. They do not get it word by word: between devices it is the result that travels, once it is settled.\n\nIf the server is away, what we say waits here. When it is back, it is sent, in the order in which we said it.',
    ],
  },
  {
    about: /\bcount\b/i,
    answers: [`${Array.from({ length: 40 }, (_, i) => i + 1).join(', ')}. There.`],
  },
  {
    about: /\b(who|what) are you\b|\byour name\b|\bmodel\b/i,
    answers: [
      'I am a small script with good manners. I know some stories, a few haiku, and how this page works. I do not think, I only look as if I did, one word at a time.\n\nTo put somebody cleverer in my place, replace one function: the action that writes the answer only wants words, and does not mind where they come from.',
    ],
  },
  {
    about: /^\W*(hi|hello|hey|good (morning|evening|day))\b/i,
    answers: [
      'Hello! Ask me for a story or a haiku, or how my answers get into all your tabs at once.',
      'Hello again. I am still here, as long as one of your tabs is.',
    ],
  },
  {
    about: /\b(thanks|thank you)\b/i,
    answers: ['You are welcome.', 'With pleasure. Nothing of it has left your device unless you sync it.'],
  },
]

const OPENINGS = [
  'That is a good question for somebody who knows more than I do.',
  'I have no script for that one, but I can turn it over in my hands.',
  'Let me say it back to you, and see whether it sounds different.',
]

const CLOSING = 'I know more about stories, haiku and how streams get to all your tabs. Or I could count to forty.'

const REFLECTIONS: Record<string, string> = {
  i: 'you',
  me: 'you',
  my: 'your',
  mine: 'yours',
  am: 'are',
  you: 'I',
  your: 'my',
  yours: 'mine',
  are: 'am',
}

/** The question from the other side of the table: `Do you know my cat` becomes `do I know your cat`. */
function reflect(question: string): string {
  const words = question
    .trim()
    .replace(/[?.!\s]+$/, '')
    .replace(/\b[a-z]+\b/gi, (word) => REFLECTIONS[word.toLowerCase()] ?? word)
  const short = words.length > 160 ? `${words.slice(0, 160).trimEnd()} …` : words
  return `You would like to know: “${short}” I wonder what you would say if I had asked you.`
}
