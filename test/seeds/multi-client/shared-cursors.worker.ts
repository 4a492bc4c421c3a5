import { serve } from 'homeroom/worker'
import { SharedCursors } from './shared-cursors'

serve({ app: 'shared-cursors', systems: { SharedCursors } })
