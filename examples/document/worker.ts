/** The one worker behind all tabs: it runs the actions and keeps the documents. */
import { serve } from 'homeroom/worker'
import { CollaborativeDoc } from './systems.ts'

serve({ app: 'document', systems: { CollaborativeDoc } })
