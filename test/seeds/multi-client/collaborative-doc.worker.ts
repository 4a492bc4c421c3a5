import { serve } from 'homeroom/worker'
import CollaborativeDoc from './collaborative-doc'

serve({ app: 'collaborative-doc', systems: { CollaborativeDoc } })
