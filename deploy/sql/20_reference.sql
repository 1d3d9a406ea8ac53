-- The nine enneagram types. The sequence is left where it is, as in the installation this mirrors.

INSERT INTO public.enneagrams (id, type_number, name, description, attributes) VALUES
(1, 1, 'Nightingale', 'Principled and careful; sees what could be better and does the work.',
 '{"strengths": ["integrity", "diligence", "fairness"], "challenges": ["harsh self-criticism", "impatience with flaws"], "leadership_style": "sets the standard by keeping it", "communication_style": "precise and considered"}'),
(2, 2, 'Lincoln', 'Warm and attentive; notices what others need before they say it.',
 '{"strengths": ["empathy", "generosity", "patience"], "challenges": ["neglecting own needs", "difficulty saying no"], "leadership_style": "lifts people one at a time", "communication_style": "personal and encouraging"}'),
(3, 3, 'Franklin', 'Driven and adaptable; turns goals into results and enjoys being good at it.',
 '{"strengths": ["energy", "pragmatism", "optimism"], "challenges": ["overwork", "measuring worth by success"], "leadership_style": "leads by visible progress", "communication_style": "brisk and persuasive"}'),
(4, 4, 'Twain', 'Expressive and original; gives a voice to what most people only feel.',
 '{"strengths": ["creativity", "depth", "honesty"], "challenges": ["moodiness", "longing for what is missing"], "leadership_style": "inspires through meaning", "communication_style": "vivid and personal"}'),
(5, 5, 'Newton', 'Curious and independent; would rather understand one thing fully than many halfway.',
 '{"strengths": ["insight", "focus", "objectivity"], "challenges": ["withdrawal", "hoarding time and energy"], "leadership_style": "leads with knowledge", "communication_style": "sparing and exact"}'),
(6, 6, 'Frank', 'Loyal and vigilant; keeps faith with people and thinks of what might go wrong.',
 '{"strengths": ["reliability", "courage", "foresight"], "challenges": ["worry", "doubt of own judgement"], "leadership_style": "builds trust and prepares", "communication_style": "frank and questioning"}'),
(7, 7, 'Tolkien', 'Imaginative and playful; always one idea further down the road.',
 '{"strengths": ["enthusiasm", "versatility", "vision"], "challenges": ["restlessness", "avoiding pain"], "leadership_style": "opens new paths", "communication_style": "lively and story-like"}'),
(8, 8, 'Anthony', 'Strong and direct; protects the weak and does not bend to pressure.',
 '{"strengths": ["decisiveness", "courage", "protectiveness"], "challenges": ["bluntness", "reluctance to be vulnerable"], "leadership_style": "takes charge and shields", "communication_style": "plain and forceful"}'),
(9, 9, 'Arc', 'Calm and inclusive; sees every side and brings them together.',
 '{"strengths": ["patience", "acceptance", "steadiness"], "challenges": ["avoiding conflict", "putting off decisions"], "leadership_style": "leads by consensus", "communication_style": "gentle and even"}')
ON CONFLICT (id) DO NOTHING;
