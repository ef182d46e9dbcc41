"""Table of activities in both languages."""

# english | infinitive | complement [~ complement after pas] | m e t (morning, evening, trip) and
# ! (the reflexive participle does not agree)
TABLE = """
get up early | se lever | tôt | m
get up late | se lever | tard | m
wake up early | se réveiller | tôt | m
go to bed late | se coucher | tard | e
go to bed early | se coucher | tôt | e
get dressed quickly | s'habiller | vite | m
wash {own} hands | se laver | les mains | !
brush {own} teeth | se brosser | les dents | !
comb {own} hair | se peigner | | m
shave in the bathroom | se raser | dans la salle de bains | m
rest at home | se reposer | à la maison |
walk in the park | se promener | dans le parc |
hurry to the station | se dépêcher | d'aller à la gare | m
swim in the sea | se baigner | dans la mer | t
enjoy {own} holidays | profiter | de {mes} vacances | t
have breakfast in the kitchen | prendre | le petit déjeuner dans la cuisine | m
have lunch in town | déjeuner | en ville |
have dinner at a restaurant | dîner | au restaurant | e
have dinner at home | dîner | à la maison | e
have a shower | prendre | une douche ~ de douche |
have a bath | prendre | un bain ~ de bain |
take the train | prendre | le train |
take the bus | prendre | le bus |
take the plane | prendre | l'avion | t
take the metro | prendre | le métro |
take a taxi | prendre | un taxi ~ de taxi |
take photos | prendre | des photos ~ de photos |
take a walk in the forest | faire | une promenade dans la forêt ~ de promenade dans la forêt |
miss the bus | rater | le bus | m
go to the market | aller | au marché |
go to the beach | aller | à la plage |
go to the cinema | aller | au cinéma | e
go to the theatre | aller | au théâtre | e
go to the swimming pool | aller | à la piscine |
go to the office by bicycle | aller | au bureau à vélo | m
go to church | aller | à l'église | m
go to school on foot | aller | à l'école à pied | m
go to the doctor | aller | chez le médecin |
go to the dentist | aller | chez le dentiste |
go to the hairdresser | aller | chez le coiffeur |
go to the countryside | aller | à la campagne | t
go to the seaside | aller | au bord de la mer | t
go to the mountains | aller | à la montagne | t
go abroad | aller | à l'étranger | t
go skiing | faire | du ski ~ de ski | t
go camping | faire | du camping ~ de camping | t
go shopping in town | faire | des achats en ville ~ d'achats en ville |
do the shopping | faire | les courses |
do the housework | faire | le ménage |
do the washing-up | faire | la vaisselle | e
do the laundry | faire | la lessive |
do the cooking | faire | la cuisine |
do sport | faire | du sport ~ de sport |
do yoga | faire | du yoga ~ de yoga |
do {own} homework | faire | {mes} devoirs | e
do a crossword | faire | des mots croisés ~ de mots croisés |
make a cake | faire | un gâteau ~ de gâteau |
make coffee | faire | du café ~ de café | m
make a mistake | faire | une erreur ~ d'erreur |
make the bed | faire | le lit | m
make noise | faire | du bruit ~ de bruit | e
make plans | faire | des projets ~ de projets |
ride a horse | monter | à cheval |
leave the house early | sortir | tôt de la maison | m
go out with {own} friends | sortir | avec {mes} amis | e
leave for the office | partir | au bureau | m
go on holiday | partir | en vacances | t
come home late | rentrer | tard à la maison | e
stay at home | rester | à la maison |
stay in bed | rester | au lit | m
stay at the hotel | rester | à l'hôtel | t
arrive on time | arriver | à l'heure |
arrive late | arriver | en retard |
come by car | venir | en voiture |
return to the village | retourner | au village | t
go down to the cellar | descendre | à la cave |
go up to the attic | monter | au grenier |
fall asleep in front of the television | s'endormir | devant la télévision | e
work in the garden | travailler | dans le jardin |
work in an office | travailler | dans un bureau |
work on Sundays | travailler | le dimanche | n
work at night | travailler | la nuit | n
study at the library | étudier | à la bibliothèque |
study French | étudier | le français |
study history | étudier | l'histoire |
learn Spanish | apprendre | l'espagnol |
learn a poem | apprendre | un poème ~ de poème |
speak French with the neighbours | parler | français avec les voisins |
speak with the manager | parler | avec le directeur |
talk on the phone | parler | au téléphone |
talk about politics | parler | de politique | e
answer the phone | répondre | au téléphone |
answer the letter | répondre | à la lettre |
answer the questions | répondre | aux questions |
ask a question | poser | une question ~ de question |
ask for directions | demander | {mon} chemin |
ask for the bill | demander | l'addition | e
ask for help | demander | de l'aide ~ d'aide |
pay the bill | payer | l'addition | e
pay the rent | payer | le loyer |
pay by card | payer | par carte |
spend a lot of money | dépenser | beaucoup d'argent |
save money | économiser | de l'argent ~ d'argent |
earn money | gagner | de l'argent ~ d'argent |
win the match | gagner | le match |
lose the match | perdre | le match |
lose {own} keys | perdre | {mes} clés |
lose {own} passport | perdre | {mon} passeport | t
lose {own} patience | perdre | patience |
look for {own} glasses | chercher | {mes} lunettes |
look for a flat | chercher | un appartement ~ d'appartement |
look for work | chercher | du travail ~ de travail |
find a solution | trouver | une solution ~ de solution |
find a job | trouver | un emploi ~ d'emploi | t
forget {own} umbrella | oublier | {mon} parapluie | m
forget the appointment | oublier | le rendez-vous |
read the newspaper | lire | le journal | m
read a novel | lire | un roman ~ de roman |
read the instructions | lire | le mode d'emploi |
write a letter | écrire | une lettre ~ de lettre |
write postcards | écrire | des cartes postales ~ de cartes postales | t
write poems | écrire | des poèmes ~ de poèmes |
draw a map | dessiner | un plan ~ de plan |
draw animals | dessiner | des animaux ~ d'animaux |
paint the walls | peindre | les murs |
listen to the radio | écouter | la radio | m
listen to music | écouter | de la musique ~ de musique |
watch television | regarder | la télévision | e
watch a film | regarder | un film ~ de film | e
watch the stars | regarder | les étoiles | e
play the piano | jouer | du piano |
play the guitar | jouer | de la guitare |
play the violin | jouer | du violon |
play tennis | jouer | au tennis |
play football | jouer | au football |
play chess | jouer | aux échecs | e
play cards | jouer | aux cartes | e
play with the children | jouer | avec les enfants |
sing in a choir | chanter | dans une chorale |
sing in the shower | chanter | sous la douche | m
dance all night | danser | toute la nuit | e
laugh a lot | rire | beaucoup |
cry a lot | pleurer | beaucoup |
dream of the sea | rêver | de la mer |
sleep badly | dormir | mal | e
sleep well | dormir | bien | e
sleep in a tent | dormir | sous la tente | t
run in the park | courir | dans le parc | m
swim in the lake | nager | dans le lac | t
travel by train | voyager | en train | t
visit the museum | visiter | le musée |
visit the castle | visiter | le château | t
visit an exhibition | visiter | une exposition ~ d'exposition |
book a room | réserver | une chambre ~ de chambre | t
book a table | réserver | une table ~ de table |
change trains | changer | de train | t
change money at the bank | changer | de l'argent à la banque ~ d'argent à la banque | t
cross the street | traverser | la rue |
follow the river | suivre | la rivière | t
follow the guide | suivre | le guide | t
drive the car | conduire | la voiture |
drive too fast | conduire | trop vite |
repair the bicycle | réparer | le vélo |
repair the roof | réparer | le toit | t
wash the car | laver | la voiture |
wash the dishes | laver | les assiettes | e
wash the windows | laver | les fenêtres |
clean the kitchen | nettoyer | la cuisine |
clean the floor | nettoyer | le sol |
tidy the bedroom | ranger | la chambre |
tidy the cupboard | ranger | le placard |
iron the shirts | repasser | les chemises |
sweep the floor | balayer | le sol |
empty the dustbin | vider | la poubelle | e
water the flowers | arroser | les fleurs |
plant trees | planter | des arbres ~ d'arbres | t
cut the grass | tondre | la pelouse |
pick cherries | cueillir | des cerises ~ de cerises | t
pick apples | ramasser | des pommes ~ de pommes |
feed the dog | nourrir | le chien | m
feed the hens | nourrir | les poules | m
walk the dog | promener | le chien | m
prepare dinner | préparer | le dîner | e
prepare a surprise | préparer | une surprise ~ de surprise |
cook vegetables | cuisiner | des légumes ~ de légumes | e
set the table | mettre | la table | e
put on a coat | mettre | un manteau ~ de manteau | m
clear the table | débarrasser | la table | e
open the window | ouvrir | la fenêtre |
close the door | fermer | la porte |
close the shutters | fermer | les volets | e
turn on the light | allumer | la lumière | e
turn on the heating | allumer | le chauffage |
turn off the light | éteindre | la lumière | e
turn off the television | éteindre | la télévision | e
break a glass | casser | un verre ~ de verre |
break the vase | casser | le vase |
sell the house | vendre | la maison | t
sell the car | vendre | la voiture | t
build a wall | construire | un mur ~ de mur | t
build a house | construire | une maison ~ de maison | t
rent a car | louer | une voiture ~ de voiture | t
rent a bicycle | louer | un vélo ~ de vélo | t
borrow books | emprunter | des livres ~ de livres |
choose a present | choisir | un cadeau ~ de cadeau |
choose the menu | choisir | le menu |
receive a letter | recevoir | une lettre ~ de lettre |
receive a parcel | recevoir | un colis ~ de colis |
receive flowers | recevoir | des fleurs ~ de fleurs |
receive guests | recevoir | des invités ~ d'invités | e
send a parcel | envoyer | un colis ~ de colis |
send a message | envoyer | un message ~ de message |
send flowers | envoyer | des fleurs ~ de fleurs |
give a present to the children | donner | un cadeau aux enfants ~ de cadeau aux enfants |
give advice | donner | des conseils ~ de conseils |
give money to the museum | donner | de l'argent au musée ~ d'argent au musée |
help {own} parents | aider | {mes} parents |
help the neighbours | aider | les voisins |
call a doctor | appeler | un médecin ~ de médecin |
call the police | appeler | la police |
call {own} grandmother | appeler | {ma} grand-mère |
invite {own} cousins | inviter | {mes} cousins |
invite {own} colleagues | inviter | {mes} collègues |
meet {own} friends | retrouver | {mes} amis |
meet the new neighbours | rencontrer | les nouveaux voisins |
thank the waiter | remercier | le serveur | e
visit {own} grandparents | rendre | visite à {mes} grands-parents |
wait for the bus | attendre | le bus | m
wait for the postman | attendre | le facteur | m
wait for the end | attendre | la fin |
hear a noise | entendre | un bruit ~ de bruit | e
see a rainbow | voir | un arc-en-ciel ~ d'arc-en-ciel |
see the sea | voir | la mer | t
see the mountains | voir | les montagnes | t
finish the work | finir | le travail |
finish the meal | finir | le repas | e
fill the bottle | remplir | la bouteille |
fill in the form | remplir | le formulaire |
sign the contract | signer | le contrat |
translate a text | traduire | un texte ~ de texte |
explain the problem | expliquer | le problème |
start the meeting | commencer | la réunion | m
prepare the meeting | préparer | la réunion |
celebrate the victory | fêter | la victoire | e
celebrate a birthday | fêter | un anniversaire ~ d'anniversaire |
tell stories | raconter | des histoires ~ d'histoires | e
tell the truth | dire | la vérité |
tell lies | dire | des mensonges ~ de mensonges |
smoke in the garden | fumer | dans le jardin |
take medicine | prendre | des médicaments ~ de médicaments |
go fishing | aller | à la pêche |
catch a cold | attraper | un rhume ~ de rhume |
have an accident | avoir | un accident ~ d'accident | t
have an appointment | avoir | un rendez-vous ~ de rendez-vous |
collect stamps | collectionner | des timbres ~ de timbres |
share a pizza | partager | une pizza ~ de pizza | e
buy flowers | acheter | des fleurs ~ de fleurs |
buy a ticket | acheter | un billet ~ de billet |
buy fruit | acheter | des fruits ~ de fruits |
buy vegetables | acheter | des légumes ~ de légumes |
try a new recipe | essayer | une nouvelle recette ~ de nouvelle recette |
use the computer | utiliser | l'ordinateur |
carry the suitcases | porter | les valises | t
pack {own} suitcase | faire | {ma} valise | t
change the sheets | changer | les draps |
check the bill | vérifier | l'addition | e
check the oil | vérifier | l'huile |
cancel the appointment | annuler | le rendez-vous |
accept the invitation | accepter | l'invitation |
refuse the invitation | refuser | l'invitation |
print the document | imprimer | le document |
teach maths | enseigner | les maths |
look after the baby | s'occuper | du bébé |
look after the animals | s'occuper | des animaux |
"""
