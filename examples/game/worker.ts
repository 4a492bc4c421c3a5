/** The one worker behind all tabs: it knows the rules and keeps the tables. */
import { serve } from 'homeroom/worker'
import * as systems from './systems.ts'

serve({ app: 'game', systems })
