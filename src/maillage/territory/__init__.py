"""Territory (territoire) : communes, their residents by age and sex, contours, and travel times.

Main actions: ``load_communes`` (from the installed data package), imports of populations and of
origin-destination times. Lower rooms used: exchange, accounts, vocabulary.
"""
